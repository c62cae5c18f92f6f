//! `badge-types`: badges that `/api/badge` serves, and the URL of one.

use super::bindings::atmos::mcp::badge_types::{
    BadgeParameter, BadgeRequest, BadgeStyle, BadgeType, BadgeTypeInfo, BadgeTypePage, BadgeUrl, Host,
};
use super::bindings::atmos::mcp::types::{CapabilityError, PageRequest};
use super::state::CallState;
use super::wire;
use crate::authz::Permission;
use crate::badge::{Address, BadgeToken, Kind, MAX_LABEL, Parameter, Style};
use crate::config::PublicUrl;
use crate::store::badges::{self, Part, TokenRow};

/// Stands in a URL where a token belongs.
const PLACEHOLDER: &str = "BADGE_TOKEN";

impl Host for CallState {
    async fn list_badge_types(
        &mut self,
        request: PageRequest,
    ) -> wasmtime::Result<Result<BadgeTypePage, CapabilityError>> {
        Ok(list_badge_types(self, &request))
    }

    async fn get_badge_url(&mut self, request: BadgeRequest) -> wasmtime::Result<Result<BadgeUrl, CapabilityError>> {
        Ok(get_badge_url(self, &request).await)
    }
}

fn list_badge_types(state: &mut CallState, request: &PageRequest) -> Result<BadgeTypePage, CapabilityError> {
    state.enter(None)?;
    let kinds = Kind::ALL.to_vec();
    let (kinds, next_cursor) = state.slice("badge_types.list", String::new(), request, kinds, |kind| kind.name())?;
    let items = kinds.into_iter().map(|kind| info(kind, &state.context.public_url)).collect();
    Ok(BadgeTypePage { items, next_cursor })
}

async fn get_badge_url(state: &mut CallState, request: &BadgeRequest) -> Result<BadgeUrl, CapabilityError> {
    state.enter(None)?;
    let repo = wire::repo(request.repo.as_deref())?;
    check_label(request.label.as_deref())?;
    let token = match repo {
        Some(repo) => find_token(state, repo).await?,
        None => None,
    };
    let part_missing = match &token {
        Some(token) => is_part_missing(state, token, request).await?,
        None => false,
    };
    let token = token.map(|row| BadgeToken { id: row.id, generation: row.generation }.sign(&state.context.key));
    let address = Address {
        kind: request.kind.into(),
        repo: request.repo.as_deref(),
        stack: request.stack.as_deref(),
        component: request.component.as_deref(),
        label: request.label.as_deref(),
        style: request.style.map(Style::from),
        token: token.as_deref().unwrap_or(PLACEHOLDER),
    };
    let public_url = &state.context.public_url;
    Ok(BadgeUrl {
        url: address.url(public_url),
        dashboard_url: public_url.join("/"),
        live: token.is_some(),
        part_missing,
    })
}

/// A repository's token in force.
///
/// Security: this interface asks for no permission, but a token is data of the workspace. So it is read only for a
/// caller to whom `badge-tokens` would list it.
async fn find_token(state: &mut CallState, repo: (&str, &str)) -> Result<Option<TokenRow>, CapabilityError> {
    if !state.caller.can(Permission::WorkspaceRead) {
        return Ok(None);
    }
    let Some(row) = badges::find_token(&state.context.reader, state.scope(), repo).await? else { return Ok(None) };
    state.charge_rows(1)?;
    Ok(Some(row))
}

/// Whether a stack or component is asked for that no instance of the token's repository has.
async fn is_part_missing(
    state: &mut CallState,
    token: &TokenRow,
    request: &BadgeRequest,
) -> Result<bool, CapabilityError> {
    // The badge ignores empty names too.
    let is_name = |name: &&str| !name.trim().is_empty();
    let part = Part {
        stack: request.stack.as_deref().filter(is_name),
        component: request.component.as_deref().filter(is_name),
    };
    if part.stack.is_none() && part.component.is_none() {
        return Ok(false);
    }
    let (key, now) = ((token.id.as_str(), token.generation), state.context.clock.now());
    let found = badges::find_instances(&state.context.reader, key, part, now).await?;
    state.charge_rows(1)?;
    Ok(found.is_some_and(|row| row.is_empty()))
}

fn check_label(label: Option<&str>) -> Result<(), CapabilityError> {
    let length = label.map(|label| label.chars().count());
    match length {
        None | Some(1..=MAX_LABEL) => Ok(()),
        Some(length) => Err(CapabilityError::InvalidArgument(format!(
            "`label` must have 1 to {MAX_LABEL} characters (got {length})"
        ))),
    }
}

fn info(kind: Kind, public_url: &PublicUrl) -> BadgeTypeInfo {
    BadgeTypeInfo {
        kind: kind.into(),
        title: kind.title().to_owned(),
        description: kind.description().to_owned(),
        parameters: kind.parameters().into_iter().map(BadgeParameter::from).collect(),
        example_url: Address::of_repo(kind, "OWNER/NAME", PLACEHOLDER).url(public_url),
    }
}

impl From<Parameter> for BadgeParameter {
    fn from(parameter: Parameter) -> Self {
        Self {
            name: parameter.name.to_owned(),
            required: parameter.is_required,
            values: parameter.values.into_iter().map(ToOwned::to_owned).collect(),
            description: parameter.description.to_owned(),
        }
    }
}

impl From<Kind> for BadgeType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::DriftStatus => Self::DriftStatus,
            Kind::DeploymentStatus => Self::DeploymentStatus,
            Kind::WorkflowStatus => Self::WorkflowStatus,
            Kind::InstanceHealth => Self::InstanceHealth,
        }
    }
}

impl From<BadgeType> for Kind {
    fn from(kind: BadgeType) -> Self {
        match kind {
            BadgeType::DriftStatus => Self::DriftStatus,
            BadgeType::DeploymentStatus => Self::DeploymentStatus,
            BadgeType::WorkflowStatus => Self::WorkflowStatus,
            BadgeType::InstanceHealth => Self::InstanceHealth,
        }
    }
}

impl From<BadgeStyle> for Style {
    fn from(style: BadgeStyle) -> Self {
        match style {
            BadgeStyle::Flat => Self::Flat,
            BadgeStyle::FlatSquare => Self::FlatSquare,
            BadgeStyle::ForTheBadge => Self::ForTheBadge,
        }
    }
}
