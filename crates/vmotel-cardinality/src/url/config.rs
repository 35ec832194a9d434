//! The options of the normaliser.

/// Options of a [`UrlNormalizer`](crate::UrlNormalizer).
///
/// The default has the rules only: any `:name` or `{name}` counts as a template, and there is no second level.
/// [`UrlConfig::requests`] is for paths that clients choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlConfig {
    /// Whether any `:name` and `{name}` in the input counts as a template. Default: `true`.
    ///
    /// With `false` only the normaliser's own placeholders do, and others become `:str`: a client must not mint
    /// templates.
    pub trust_templates: bool,
    /// The one name that all placeholders are written as: `*`, `:name` or `{name}`. Default: none, each kind keeps
    /// its own name.
    pub collapse: Option<String>,
    /// Segments that are always kept, letter case included, such as `do-not-sell-my-personal-information`.
    /// Default: none.
    pub allow: Vec<String>,
    /// Own routes, tried in order before the rules: `/u/:user/posts`, `/files/**`. Default: none.
    ///
    /// `:name`, `{name}` and `*` match one segment, a last `**` matches one or more. The route itself is the output,
    /// with `:name` for both spellings.
    pub routes: Vec<String>,
    /// Own rules for one segment, tried in order before the built-in ones. Default: none.
    pub segments: Vec<SegmentRule>,
    /// The most different children of one parent in the second level; more become `*`. Range: 8 and more, or 0 for
    /// no second level. Default: 0.
    pub per_parent: usize,
    /// The most templates that the second level gives out at a time; what is beyond becomes `/**`. Range: 8 and more
    /// where `per_parent` is set. Default: 1,000.
    pub max_templates: usize,
    /// Epochs without use after which [`UrlNormalizer::tick`](crate::UrlNormalizer::tick) forgets a template of the
    /// second level. 0 keeps them for ever. Default: 0.
    pub idle_epochs: u32,
}

/// A rule that gives segments of one shape a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentRule {
    /// The shape: `#` is a digit, `?` any character, `*` any number of characters, all else itself.
    pub pattern: String,
    /// The name of the placeholder, without the colon.
    pub name: String,
}

impl Default for UrlConfig {
    fn default() -> Self {
        Self {
            trust_templates: true,
            collapse: None,
            allow: Vec::new(),
            routes: Vec::new(),
            segments: Vec::new(),
            per_parent: 0,
            max_templates: 1_000,
            idle_epochs: 0,
        }
    }
}

impl UrlConfig {
    /// Returns the options for request paths, which clients choose: only own placeholders count as templates, a
    /// parent has at most 100 children, there are at most 1,000 templates.
    #[must_use]
    pub fn requests() -> Self {
        Self {
            trust_templates: false,
            per_parent: 100,
            ..Self::default()
        }
    }
}
