//! Own routes and own segment rules.

use super::class;
use super::config::SegmentRule;
use super::segment::MAX_LEN;
use super::split::MAX_SEGMENTS;
use crate::error::UrlConfigError;

/// A route of the user's own.
#[derive(Debug)]
pub(crate) struct Route {
    steps: Vec<Step>,
    rest: bool,
    template: Box<str>,
}

#[derive(Debug)]
enum Step {
    Text(Box<str>),
    Any,
}

impl Route {
    pub(crate) fn parse(route: &str) -> Result<Self, UrlConfigError> {
        let refused = || UrlConfigError::Route {
            value: route.to_owned(),
        };
        let mut steps = Vec::new();
        let mut rest = false;
        let mut template = String::new();
        for segment in route
            .strip_prefix('/')
            .ok_or_else(refused)?
            .split('/')
            .filter(|segment| !segment.is_empty())
        {
            if rest || steps.len() == MAX_SEGMENTS {
                return Err(refused());
            }
            template.push('/');
            let name = segment
                .strip_prefix(':')
                .or_else(|| segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')));
            match (segment, name) {
                ("**", _) => {
                    rest = true;
                    template.push_str(segment);
                }
                ("*", _) => {
                    steps.push(Step::Any);
                    template.push_str(segment);
                }
                (_, Some(name)) => {
                    if !is_identifier(name) {
                        return Err(refused());
                    }
                    steps.push(Step::Any);
                    template.push(':');
                    template.push_str(name);
                }
                _ => {
                    if !is_segment(segment) {
                        return Err(refused());
                    }
                    steps.push(Step::Text(segment.into()));
                    template.push_str(segment);
                }
            }
        }
        if template.is_empty() {
            return Err(refused());
        }
        Ok(Self {
            steps,
            rest,
            template: template.into(),
        })
    }

    /// Tells whether the segments are of this route; `deeper` tells that more follow.
    pub(crate) fn matches<'a>(
        &self,
        segments: impl ExactSizeIterator<Item = &'a [u8]>,
        deeper: bool,
    ) -> bool {
        let count = segments.len();
        let fits = if self.rest {
            count > self.steps.len()
        } else {
            count == self.steps.len() && !deeper
        };
        fits && self.steps.iter().zip(segments).all(|(step, segment)| match step {
            Step::Text(text) => text.as_bytes() == segment,
            Step::Any => true,
        })
    }

    /// Tells whether the segments are the template of this route.
    pub(crate) fn is_template<'a>(&self, segments: impl Iterator<Item = &'a [u8]>) -> bool {
        segments.eq(self.template.split('/').skip(1).map(str::as_bytes))
    }

    pub(crate) fn template(&self) -> &str {
        &self.template
    }
}

/// Tells whether a segment can stand in an output as it is.
pub(crate) fn is_segment(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_LEN
        && !matches!(text, "." | "..")
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'/' | b'?' | b'#' | b';' | b'%'))
}

pub(crate) fn is_identifier(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 32
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit())
}

/// A checked segment rule.
#[derive(Debug)]
pub(crate) struct Glob {
    pattern: Box<[u8]>,
    name: usize,
}

impl Glob {
    /// Checks a rule, whose name is the one at the index `name`.
    pub(crate) fn parse(rule: &SegmentRule, name: usize) -> Result<Self, UrlConfigError> {
        if rule.pattern.is_empty() || rule.pattern.len() > 4 * MAX_LEN || !is_identifier(&rule.name) {
            return Err(UrlConfigError::SegmentRule {
                pattern: rule.pattern.clone(),
                name: rule.name.clone(),
            });
        }
        Ok(Self {
            pattern: rule.pattern.as_bytes().into(),
            name,
        })
    }

    pub(crate) fn name(&self) -> usize {
        self.name
    }

    /// Matches with one point to come back to, so in time proportional to pattern times text.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        let (mut at, mut in_pattern) = (0, 0);
        let mut back: Option<(usize, usize)> = None;
        while at < text.len() {
            let fits = match self.pattern.get(in_pattern) {
                Some(b'*') => {
                    in_pattern += 1;
                    back = Some((at, in_pattern));
                    continue;
                }
                Some(b'?') => true,
                Some(b'#') => class::of(text[at]) == class::DIGIT,
                Some(&byte) => byte == text[at],
                None => false,
            };
            if fits {
                at += 1;
                in_pattern += 1;
            } else if let Some((text_at, pattern_at)) = back {
                at = text_at + 1;
                in_pattern = pattern_at;
                back = Some((at, pattern_at));
            } else {
                return false;
            }
        }
        self.pattern[in_pattern..].iter().all(|&byte| byte == b'*')
    }
}
