//! The URL normaliser: from a URL or request path to a path template.

mod bigrams;
mod cache;
mod class;
mod compound;
mod config;
mod decode;
mod file;
mod format;
mod pattern;
mod placeholder;
mod random;
mod routes;
mod segment;
mod split;
mod write;

use std::borrow::Cow;
use std::collections::HashSet;

pub use cache::{SharedUrlCache, UrlCache};
pub use config::{SegmentRule, UrlConfig};

use class::PERCENT;
use decode::Decoded;
use pattern::{Glob, Route};
use placeholder::Placeholder;
use routes::Routes;
use segment::{Context, Verdict};
use split::Span;
use write::Writer;

use crate::error::UrlConfigError;

/// Turns URLs and request paths into path templates: `/api/users/123` becomes `/api/users/:id`.
///
/// Every input gives a valid template that starts with `/` (or is `*`), of at most 10 segments and 1 KiB; a template
/// stays as it is. Nothing of a query, fragment, user information or e-mail address passes. The rules are those of
/// the crate documentation.
///
/// # Examples
/// ```
/// use vmotel_cardinality::UrlNormalizer;
///
/// let urls = UrlNormalizer::default();
/// assert_eq!(urls.normalize("/api/orders/456/items/789?token=s3cret"), "/api/orders/:id/items/:id");
/// assert_eq!(urls.normalize("https://user:pw@example.com/health"), "/health");
/// assert_eq!(urls.normalize("/static/js/main.61250eb8.js"), "/static/js/main.:hash.js");
/// ```
#[derive(Debug, Default)]
#[doc(alias = "NormalizeURL")]
pub struct UrlNormalizer {
    untrusted: bool,
    collapsed: Option<Box<str>>,
    allowed: HashSet<Box<[u8]>>,
    routes: Vec<Route>,
    globs: Vec<Glob>,
    names: Vec<Box<str>>,
    second: Option<Routes>,
}

impl UrlNormalizer {
    /// Returns a normaliser with the given options.
    ///
    /// # Errors
    /// Returns an error that names the option that is not in its range.
    pub fn new(config: &UrlConfig) -> Result<Self, UrlConfigError> {
        if let Some(name) = &config.collapse
            && name != "*"
            && !is_bracketed_name(name)
        {
            return Err(UrlConfigError::Collapse { value: name.clone() });
        }
        if let Some(refused) = config.allow.iter().find(|segment| !pattern::is_segment(segment)) {
            return Err(UrlConfigError::Allow {
                value: refused.clone(),
            });
        }
        Ok(Self {
            untrusted: !config.trust_templates,
            collapsed: config.collapse.as_deref().map(Into::into),
            allowed: config
                .allow
                .iter()
                .map(|segment| segment.as_bytes().into())
                .collect(),
            routes: config
                .routes
                .iter()
                .map(|route| Route::parse(route))
                .collect::<Result<_, _>>()?,
            globs: config
                .segments
                .iter()
                .enumerate()
                .map(|(at, rule)| Glob::parse(rule, at))
                .collect::<Result<_, _>>()?,
            names: config
                .segments
                .iter()
                .map(|rule| format!(":{}", rule.name).into())
                .collect(),
            second: (config.per_parent > 0).then(|| Routes::new(config)).transpose()?,
        })
    }

    /// Returns the template of a URL or request path, borrowed where it is a part of the input.
    #[must_use]
    pub fn normalize<'a>(&'a self, url: &'a str) -> Cow<'a, str> {
        let template = self.apply_rules(url);
        match &self.second {
            Some(second) => second.admit(template),
            None => template,
        }
    }

    /// Returns the template of a URL or request path that need not be UTF-8.
    #[must_use]
    pub fn normalize_bytes<'a>(&'a self, url: &'a [u8]) -> Cow<'a, str> {
        match String::from_utf8_lossy(url) {
            Cow::Borrowed(url) => self.normalize(url),
            Cow::Owned(url) => Cow::Owned(self.normalize(&url).into_owned()),
        }
    }

    /// Tells the second level that an epoch has passed, so that templates without use can go.
    ///
    /// Returns how many went. Without a second level, or with `idle_epochs` 0, none do.
    pub fn tick(&self) -> usize {
        self.second.as_ref().map_or(0, Routes::tick)
    }

    /// Returns how many templates the second level holds.
    #[must_use]
    pub fn templates(&self) -> usize {
        self.second.as_ref().map_or(0, Routes::len)
    }

    /// Adds a template to the second level for ever, so that an attack cannot take its place. Returns whether there
    /// was room; without a second level there always is.
    pub fn pin(&self, template: &str) -> bool {
        let template = self.apply_rules(template);
        self.second.as_ref().is_none_or(|second| second.pin(&template))
    }

    fn apply_rules<'a>(&'a self, url: &'a str) -> Cow<'a, str> {
        let input = url.trim_matches(|c: char| c.is_ascii_whitespace());
        let bytes = input.as_bytes();
        let start = split::path_start(bytes);
        let segments = split::split(bytes, start);
        let spans = segments.as_slice();
        match spans {
            [] => return Cow::Borrowed("/"),
            [only] if only.start == 0 && bytes[..only.end] == *b"*" => return Cow::Borrowed("*"),
            _ => {}
        }
        let text = |span: &Span| &bytes[span.start..span.end];
        if !self.routes.is_empty()
            && let Some(route) = self.own_route(bytes, spans, segments.is_cut())
        {
            return Cow::Borrowed(route.template());
        }
        let collapsed = self.collapsed.as_deref();
        let context = Context {
            trust_templates: !self.untrusted,
            collapsed,
            names: &self.names,
        };
        let mut writer = Writer::new(input, spans, collapsed);
        let mut rest = spans;
        while let [span, tail @ ..] = rest {
            rest = tail;
            if span.mask == class::DIGIT
                && let [month, tail @ ..] = tail
                && segment::is_dated(text(span), text(month))
            {
                writer.placeholder(Placeholder::Year);
                writer.placeholder(Placeholder::Month);
                rest = tail;
                if let [day, tail @ ..] = tail
                    && segment::is_day(text(day))
                {
                    writer.placeholder(Placeholder::Day);
                    rest = tail;
                }
                continue;
            }
            self.segment(bytes, *span, context, &mut writer);
        }
        if segments.is_cut() {
            writer.text("**");
        }
        writer.finish()
    }

    fn segment(&self, bytes: &[u8], span: Span, context: Context<'_>, writer: &mut Writer<'_>) {
        let raw = &bytes[span.start..span.end];
        if span.mask & PERCENT != 0 {
            return match Decoded::new(raw) {
                Some(decoded) => {
                    let text = decoded.as_bytes();
                    if let Some(name) = self.own_name(text) {
                        writer.text(name);
                    } else {
                        let verdict = match self.allowed.contains(text) {
                            true => Verdict::Keep,
                            false => segment::judge(text, class::mask(text), context),
                        };
                        writer.verdict(verdict, text);
                    }
                }
                None => writer.placeholder(Placeholder::Str),
            };
        }
        if !self.allowed.is_empty() && self.allowed.contains(raw) {
            return writer.keep(span);
        }
        if let Some(name) = self.own_name(raw) {
            return writer.text(name);
        }
        match segment::judge(raw, span.mask, context) {
            Verdict::Keep => writer.keep(span),
            verdict => writer.verdict(verdict, raw),
        }
    }

    fn own_route(&self, bytes: &[u8], spans: &[Span], deeper: bool) -> Option<&Route> {
        let decoded: Vec<Cow<'_, [u8]>> = spans
            .iter()
            .map(|span| {
                let raw = &bytes[span.start..span.end];
                let decoded = (span.mask & PERCENT != 0).then(|| Decoded::new(raw)).flatten();
                decoded.map_or(Cow::Borrowed(raw), |decoded| {
                    Cow::Owned(decoded.as_bytes().to_vec())
                })
            })
            .collect();
        let segments = || decoded.iter().map(|segment| &**segment);
        // A template of an own route stays, whichever route before it matches it.
        let is_template = |route: &&Route| !deeper && route.is_template(segments());
        self.routes
            .iter()
            .find(is_template)
            .or_else(|| self.routes.iter().find(|route| route.matches(segments(), deeper)))
    }

    fn own_name(&self, text: &[u8]) -> Option<&str> {
        if self.globs.is_empty() || text.iter().any(|byte| matches!(byte, b':' | b'*' | b'{')) {
            // Templates have these characters, and stay.
            return None;
        }
        let glob = self.globs.iter().find(|glob| glob.matches(text))?;
        self.names.get(glob.name()).map(|name| &**name)
    }
}

fn is_bracketed_name(name: &str) -> bool {
    name.strip_prefix(':')
        .or_else(|| name.strip_prefix('{').and_then(|name| name.strip_suffix('}')))
        .is_some_and(pattern::is_identifier)
}
