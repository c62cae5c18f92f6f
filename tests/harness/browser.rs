//! A browser without a screen: cookies, forms, and no redirect followed unseen.

use anyhow::{Context as _, Result, ensure};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use url::Url;

/// A person's browser.
pub struct Browser {
    http: Client,
}

/// A page with its first form.
pub struct Page {
    /// Where it was found.
    pub url: Url,
    /// HTTP status.
    pub status: StatusCode,
    /// The text.
    pub html: String,
}

/// Where a form led.
pub enum Landing {
    /// Another page of the server.
    Page(Box<Page>),
    /// A URL that is not the server's: the client's redirect URI.
    Away(Url),
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}

impl Browser {
    /// A browser without cookies.
    pub fn new() -> Self {
        // It cannot fail without TLS.
        Self { http: Client::builder().cookie_store(true).redirect(Policy::none()).build().unwrap_or_default() }
    }

    /// Opens a URL and follows the server's own redirects.
    pub async fn open(&self, url: &str) -> Result<Landing> {
        let origin = Url::parse(url)?.origin();
        let response = self.http.get(url).send().await?;
        self.follow(response, &origin).await
    }

    /// Submits the form of a page whose action ends in `action`, with the fields it has, changed by `edit`.
    pub async fn submit(
        &self,
        page: &Page,
        action: &str,
        edit: impl FnOnce(&mut Vec<(String, String)>),
    ) -> Result<Landing> {
        let (target, mut fields) = page.form(action)?;
        edit(&mut fields);
        let response =
            self.http.post(target.clone()).header("sec-fetch-site", "same-origin").form(&fields).send().await?;
        self.follow(response, &target.origin()).await
    }

    async fn follow(&self, mut response: Response, origin: &url::Origin) -> Result<Landing> {
        for _ in 0..10 {
            let url = response.url().clone();
            let Some(location) = response.headers().get("location") else {
                let status = response.status();
                return Ok(Landing::Page(Box::new(Page { url, status, html: response.text().await? })));
            };
            let next = url.join(location.to_str()?)?;
            if next.origin() != *origin {
                return Ok(Landing::Away(next));
            }
            response = self.http.get(next).send().await?;
        }
        anyhow::bail!("too many redirects")
    }
}

impl Landing {
    /// The page, if it is one.
    pub fn page(self) -> Result<Page> {
        match self {
            Self::Page(page) => Ok(*page),
            Self::Away(url) => anyhow::bail!("was sent away to {url}"),
        }
    }

    /// The URL away from the server.
    pub fn away(self) -> Result<Url> {
        match self {
            Self::Away(url) => Ok(url),
            Self::Page(page) => anyhow::bail!("stayed at {} ({}): {}", page.url, page.status, page.html),
        }
    }
}

impl Page {
    /// The target and fields of the form whose action ends in `action`: hidden fields, chosen radios and
    /// ticked boxes, without buttons.
    pub fn form(&self, action: &str) -> Result<(Url, Vec<(String, String)>)> {
        for form in self.html.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap_or_default();
            let target = attribute(form.split('>').next().unwrap_or_default(), "action").unwrap_or_default();
            if target.split('?').next().unwrap_or_default().ends_with(action) {
                let target = if target.is_empty() { self.url.clone() } else { self.url.join(&target)? };
                return Ok((target, fields(form)));
            }
        }
        ensure!(!self.html.is_empty(), "an empty page ({})", self.status);
        anyhow::bail!("no form {action} on the page ({}): {}", self.status, self.html)
    }

    /// The value of the button (or radio) whose label contains `text`, with its name.
    pub fn choice(&self, text: &str) -> Result<(String, String)> {
        let labelled = self.html.split('<').filter(|tag| tag.starts_with("button") || tag.starts_with("input"));
        for tag in labelled {
            let rest = self.html.get(self.html.find(tag).unwrap_or_default()..).unwrap_or_default();
            let label = rest.split("</").next().unwrap_or_default();
            if label.contains(text)
                && let (Some(name), Some(value)) = (attribute(tag, "name"), attribute(tag, "value"))
            {
                return Ok((name, value));
            }
        }
        None.with_context(|| format!("nothing labelled {text} on the page: {}", self.html))
    }
}

fn fields(form: &str) -> Vec<(String, String)> {
    let inputs = form.split("<input").skip(1).filter_map(|rest| {
        let tag = rest.split('>').next()?;
        let kind = attribute(tag, "type").unwrap_or_else(|| "text".to_owned());
        let chosen = !matches!(kind.as_str(), "radio" | "checkbox") || has_flag(tag, "checked");
        let field = (attribute(tag, "name")?, attribute(tag, "value").unwrap_or_else(|| "on".to_owned()));
        (chosen && kind != "submit").then_some(field)
    });
    inputs.collect()
}

fn has_flag(tag: &str, flag: &str) -> bool {
    tag.split_whitespace().any(|word| word.trim_end_matches('/') == flag)
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\"")).or_else(|| tag.find(&format!("\n{name}=\"")))? + name.len() + 3;
    let value = tag.get(start..)?.split('"').next()?;
    let entities = [
        ("&amp;", "&"),
        ("&#38;", "&"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&lt;", "<"),
        ("&#60;", "<"),
        ("&gt;", ">"),
        ("&#62;", ">"),
        ("&#39;", "'"),
        ("&#x27;", "'"),
    ];
    Some(entities.iter().fold(value.to_owned(), |text, (entity, plain)| text.replace(entity, plain)))
}
