//! Texts with names in braces, and the files that hold them.

/// Names and what stands in their place.
pub(super) struct Names(Vec<(&'static str, String)>);

impl Names {
    /// These.
    pub(super) fn new<const N: usize>(names: [(&'static str, String); N]) -> Self {
        Self(names.into())
    }

    /// What stands in this name's place; empty if nothing does.
    pub(super) fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str())
    }

    /// Fills in the names of a line, and the escape characters. Braces around anything else stay.
    pub(super) fn fill(&self, line: &str) -> String {
        let mut filled = String::with_capacity(line.len() + 16);
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let named = after.split_once('}').and_then(|(name, tail)| Some((self.find(name)?, tail)));
            if let Some((text, tail)) = named {
                filled.push_str(text);
                rest = tail;
            } else {
                filled.push('{');
                rest = after;
            }
        }
        filled.push_str(rest);
        if filled.contains("^[") { filled.replace("^[", "\u{1b}") } else { filled }
    }
}

/// A part of a file: its name and its lines.
pub(super) type Section = (&'static str, Vec<&'static str>);

/// The parts of a file, each below a line `== name`, without the blank line before the next.
pub(super) fn sections(file: &'static str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in file.lines() {
        if let Some(name) = line.strip_prefix("== ") {
            sections.push((name, Vec::new()));
        } else if let Some(section) = sections.last_mut() {
            section.1.push(line);
        }
    }
    for (_, lines) in &mut sections {
        lines.pop_if(|line| line.is_empty());
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in_and_other_braces_stay() {
        let names = Names::new([("stack", "dev".to_owned())]);
        assert_eq!(names.fill("^[[1m{stack}/{0} {stack}{"), "\u{1b}[1mdev/{0} dev{");
        assert_eq!((names.get("stack"), names.get("region")), ("dev", ""));
    }

    #[test]
    fn a_part_ends_where_the_next_begins() {
        let file = "# about\n\n== a\none\n\ntwo\n\n== b\nthree\n";
        assert_eq!(sections(file), [("a", vec!["one", "", "two"]), ("b", vec!["three"])]);
    }
}
