//! Sibling modules import each other without circles, at every level of a crate.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::code::{code, exports, paths};
use crate::rules::Source;

/// The trees in which siblings import each other one way.
const ROOTS: [&str; 9] = [
    "crates/base/src/",
    "crates/golden/src/",
    "crates/js/src/",
    "crates/mcp/src/",
    "crates/platform/src/",
    "crates/sdk/src/",
    "crates/standin/src/",
    "crates/template/src/",
    "src/",
];

/// The names of a module from its crate's root on.
type Module = Vec<String>;

/// Who imports whom among the children of one module, and the file that says so.
type Level<'a> = BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>;

/// The modules of a tree.
struct Tree<'a> {
    /// The path and the code of each, tests left out.
    modules: BTreeMap<Module, (&'a str, String)>,
    /// What a `mod.rs` or `lib.rs` passes on of its children: by module and name, the place.
    exports: BTreeMap<(Module, String), Module>,
}

/// The circles of all trees, each by its shortest way round.
pub(crate) fn check_circles(sources: &[Source]) -> Vec<String> {
    ROOTS
        .iter()
        .flat_map(|root| circles(root, sources))
        .collect()
}

/// Whether a module is compiled for tests only, by its name.
fn is_of_tests(name: &str) -> bool {
    name == "tests" || name.ends_with("_tests")
}

/// The circles of the tree below a folder.
fn circles(root: &str, sources: &[Source]) -> Vec<String> {
    let tree = Tree::read(root, sources);
    let imports = tree.imports();
    let mut levels: BTreeMap<&[String], Level<'_>> = BTreeMap::new();
    for (from, path, to) in &imports {
        let common = from.iter().zip(to).take_while(|(a, b)| a == b).count();
        // Parents and children may know each other.
        if let (Some(from_child), Some(to_child)) = (from.get(common), to.get(common)) {
            let level = levels.entry(&from[..common]).or_default();
            let named = level.entry(from_child).or_default();
            named.entry(to_child).or_insert(path);
        }
    }
    let mut problems = Vec::new();
    for (parent, level) in &levels {
        for circle in circles_of(level) {
            let ways = circle.windows(2).map(|pair| {
                let (from, to) = (pair[0], pair[1]);
                format!("`{from}` -> `{to}` ({})", level[from][to])
            });
            let ways = ways.collect::<Vec<_>>().join(", ");
            let parent = parent.join("/");
            problems.push(format!("{root}{parent}: imports run in a circle: {ways}"));
        }
    }
    problems
}

impl<'a> Tree<'a> {
    fn read(root: &str, sources: &'a [Source]) -> Self {
        let mut tree = Self {
            modules: BTreeMap::new(),
            exports: BTreeMap::new(),
        };
        for source in sources {
            let Some(below) = source.path.strip_prefix(root) else {
                continue;
            };
            let below = below.trim_end_matches(".rs");
            let mut module: Module = below.split('/').map(str::to_owned).collect();
            let last = module.last().map(String::as_str);
            let parent = matches!(last, Some("mod" | "lib" | "main"));
            if parent {
                module.pop();
            }
            if module.iter().any(|name| is_of_tests(name)) {
                continue;
            }
            let mut code = code(&source.text);
            code.truncate(code.find("mod tests {").unwrap_or(code.len()));
            for (name, path) in exports(&code).into_iter().filter(|_| parent) {
                let place = module.iter().cloned().chain(path).collect();
                tree.exports.insert((module.clone(), name), place);
            }
            let entry = tree.modules.entry(module);
            entry.or_insert((&source.path, String::new())).1 += &code;
        }
        tree
    }

    /// Every import: the module, its file, and the module it leads to.
    fn imports(&self) -> Vec<(&Module, &'a str, Module)> {
        let mut imports = Vec::new();
        for (module, (path, code)) in &self.modules {
            for import in paths(code) {
                let supers = import.iter().take_while(|word| *word == "super").count();
                // Without `super` it begins at the crate, with it so many modules up.
                let start = if supers == 0 {
                    0
                } else {
                    module.len().saturating_sub(supers)
                };
                let absolute = [&module[..start], &import[supers.max(1)..]].concat();
                imports.push((module, *path, self.place(&absolute)));
            }
        }
        imports
    }

    /// The module in which a path ends, looked for behind the names that a parent passes on.
    fn place(&self, path: &[String]) -> Module {
        let mut module = Module::new();
        for (at, name) in path.iter().enumerate() {
            let mut below = module.clone();
            below.push(name.clone());
            if self.modules.contains_key(&below) {
                module = below;
                continue;
            }
            return match self.exports.get(&(module.clone(), name.clone())) {
                // Longer than what it stands for, so that this comes to an end.
                Some(place) if place.len() > module.len() + 1 => {
                    self.place(&[place.as_slice(), &path[at + 1..]].concat())
                }
                _ => module,
            };
        }
        module
    }
}

/// For each module that leads back to itself a circle, its first module again at its end; those
/// that stand in a circle already get none of their own.
fn circles_of<'a>(level: &Level<'a>) -> Vec<Vec<&'a str>> {
    let mut seen = BTreeSet::new();
    let mut circles = Vec::new();
    for start in level.keys() {
        if seen.contains(start) {
            continue;
        }
        if let Some(circle) = way_back(level, start) {
            seen.extend(circle.iter().copied());
            circles.push(circle);
        }
    }
    circles
}

/// The shortest way from a module back to itself.
fn way_back<'a>(level: &Level<'a>, start: &'a str) -> Option<Vec<&'a str>> {
    let mut seen = BTreeSet::new();
    let mut ways = VecDeque::from([vec![start]]);
    while let Some(way) = ways.pop_front() {
        let imports = level.get(way[way.len() - 1]);
        for &to in imports.into_iter().flat_map(BTreeMap::keys) {
            let longer = [way.as_slice(), &[to]].concat();
            if to == start {
                return Some(longer);
            }
            if seen.insert(to) {
                ways.push_back(longer);
            }
        }
    }
    None
}
