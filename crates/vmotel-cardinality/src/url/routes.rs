//! The second level: bounds the templates for any input.
//!
//! A tree of segments. A parent takes children until its cap; what comes later goes to its `*` child. Known templates
//! are found under the shared lock, and so is whatever is beyond a cap: an attack never takes the exclusive lock.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

use super::config::UrlConfig;
use crate::error::UrlConfigError;

/// Stands for the children of a parent beyond its cap.
const ANY: &str = "*";
/// Stands for the templates beyond the cap of all.
const REST: &str = "/**";
const ROOT: usize = 0;
/// Templates that are always given out and not counted: `/`, `*` and `/**`.
const FREE: usize = 3;
/// The use of a template that never goes.
const PINNED: u32 = u32::MAX;

#[derive(Debug)]
pub(crate) struct Routes {
    tree: RwLock<Tree>,
    epoch: AtomicU32,
    len: AtomicUsize,
    per_parent: usize,
    max_templates: usize,
    idle_epochs: u32,
}

#[derive(Debug, Default)]
struct Tree {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    children: HashMap<Box<str>, usize, ahash::RandomState>,
    any: Option<usize>,
    /// The epoch of the last use, if a template ends here.
    used: Option<AtomicU32>,
}

/// Where a walk over a template ends.
enum Walk {
    /// At a known template; `changed` tells that a segment became `*`.
    Known { node: usize, changed: bool },
    /// At a parent with room: the template is new.
    Room,
}

impl Routes {
    pub(crate) fn new(config: &UrlConfig) -> Result<Self, UrlConfigError> {
        for (name, value) in [
            ("per_parent", config.per_parent),
            ("max_templates", config.max_templates),
        ] {
            if value < 8 {
                return Err(UrlConfigError::Limit {
                    name,
                    value,
                    expected: "8 or more",
                });
            }
        }
        Ok(Self {
            tree: RwLock::new(Tree {
                nodes: vec![Node::default()],
            }),
            epoch: AtomicU32::new(0),
            len: AtomicUsize::new(0),
            per_parent: config.per_parent,
            max_templates: config.max_templates,
            idle_epochs: config.idle_epochs,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    pub(crate) fn admit<'a>(&self, template: Cow<'a, str>) -> Cow<'a, str> {
        if matches!(&*template, "/" | ANY | REST) {
            return template;
        }
        let known = {
            let tree = self.tree.read().unwrap_or_else(PoisonError::into_inner);
            match self.walk(&tree, &template) {
                Walk::Known { node, changed } => {
                    self.touch(&tree.nodes[node]);
                    Some(changed)
                }
                Walk::Room if self.is_full() => return Cow::Borrowed(REST),
                Walk::Room => None,
            }
        };
        match known {
            Some(false) => template,
            Some(true) => Cow::Owned(self.rewrite(&template)),
            None => match self.insert(&template, self.epoch.load(Ordering::Relaxed)) {
                Some(written) if written == template => template,
                Some(written) => Cow::Owned(written),
                None => Cow::Borrowed(REST),
            },
        }
    }

    pub(crate) fn pin(&self, template: &str) -> bool {
        matches!(template, "/" | ANY | REST) || self.insert(template, PINNED).is_some()
    }

    pub(crate) fn tick(&self) -> usize {
        let now = self.epoch.fetch_add(1, Ordering::Relaxed) + 1;
        if self.idle_epochs == 0 {
            return 0;
        }
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        let mut kept = Vec::new();
        collect(&tree, ROOT, &mut String::new(), &mut kept);
        let before = kept.len();
        kept.retain(|(_, used)| *used == PINNED || now - used < self.idle_epochs);
        if kept.len() == before {
            return 0;
        }
        // Built anew, so that memory comes back.
        tree.nodes = vec![Node::default()];
        self.len.store(0, Ordering::Relaxed);
        for (template, used) in &kept {
            self.add(&mut tree, template, *used);
        }
        before - kept.len()
    }

    fn is_full(&self) -> bool {
        self.len() + FREE >= self.max_templates
    }

    fn touch(&self, node: &Node) {
        if let Some(used) = &node.used {
            let now = self.epoch.load(Ordering::Relaxed);
            let last = used.load(Ordering::Relaxed);
            if last != now && last != PINNED {
                used.store(now, Ordering::Relaxed);
            }
        }
    }

    fn walk(&self, tree: &Tree, template: &str) -> Walk {
        let mut node = ROOT;
        let mut changed = false;
        for segment in segments(template) {
            let parent = &tree.nodes[node];
            node = match (parent.child(segment), parent.any) {
                (Some(child), _) => child,
                (None, Some(any)) if !self.has_room(parent, segment) => {
                    changed |= segment != ANY;
                    any
                }
                _ => return Walk::Room,
            };
        }
        if tree.nodes[node].used.is_some() {
            Walk::Known { node, changed }
        } else {
            Walk::Room
        }
    }

    fn rewrite(&self, template: &str) -> String {
        let tree = self.tree.read().unwrap_or_else(PoisonError::into_inner);
        let mut node = Some(ROOT);
        let mut out = String::with_capacity(template.len());
        for segment in segments(template) {
            let parent = node.map(|node| &tree.nodes[node]);
            let child = parent.and_then(|parent| parent.child(segment));
            out.push('/');
            out.push_str(if child.is_some() { segment } else { ANY });
            node = child.or_else(|| parent.and_then(|parent| parent.any));
        }
        out
    }

    /// Adds a template as far as the caps allow, and returns how it is written, or `None` beyond the cap of all.
    fn insert(&self, template: &str, used: u32) -> Option<String> {
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        match self.walk(&tree, template) {
            Walk::Known { node, .. } => {
                if used == PINNED
                    && let Some(last) = &tree.nodes[node].used
                {
                    last.store(PINNED, Ordering::Relaxed);
                }
            }
            Walk::Room if self.is_full() => return None,
            Walk::Room => {}
        }
        Some(self.add(&mut tree, template, used))
    }

    fn add(&self, tree: &mut Tree, template: &str, used: u32) -> String {
        let mut node = ROOT;
        let mut out = String::with_capacity(template.len());
        for segment in segments(template) {
            let parent = &tree.nodes[node];
            let known = parent.child(segment);
            let name = if known.is_some() || self.has_room(parent, segment) {
                segment
            } else {
                ANY
            };
            out.push('/');
            out.push_str(name);
            let next = tree.nodes.len();
            node = match known.or_else(|| if name == ANY { parent.any } else { None }) {
                Some(child) => child,
                None => {
                    if name == ANY {
                        tree.nodes[node].any = Some(next);
                    } else {
                        tree.nodes[node].children.insert(name.into(), next);
                    }
                    tree.nodes.push(Node::default());
                    next
                }
            };
        }
        if tree.nodes[node].used.is_none() {
            tree.nodes[node].used = Some(AtomicU32::new(used));
            self.len.fetch_add(1, Ordering::Relaxed);
        }
        out
    }

    /// Tells whether a parent takes one more child. Some places are for placeholders, one is for `*`.
    fn has_room(&self, parent: &Node, segment: &str) -> bool {
        let reserved = if segment.starts_with(':') {
            1
        } else {
            (self.per_parent / 4).min(8)
        };
        segment != ANY && parent.children.len() + reserved < self.per_parent
    }
}

impl Node {
    fn child(&self, segment: &str) -> Option<usize> {
        if segment == ANY {
            self.any
        } else {
            self.children.get(segment).copied()
        }
    }
}

fn segments(template: &str) -> impl Iterator<Item = &str> {
    template.split('/').skip(1).filter(|segment| !segment.is_empty())
}

fn collect(tree: &Tree, node: usize, path: &mut String, out: &mut Vec<(String, u32)>) {
    let Node { children, any, used } = &tree.nodes[node];
    if let Some(used) = used {
        out.push((path.clone(), used.load(Ordering::Relaxed)));
    }
    let length = path.len();
    for (name, child) in children
        .iter()
        .map(|(name, child)| (&**name, *child))
        .chain(any.map(|any| (ANY, any)))
    {
        path.push('/');
        path.push_str(name);
        collect(tree, child, path, out);
        path.truncate(length);
    }
}
