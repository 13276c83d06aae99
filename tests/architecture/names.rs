//! Reads the syntax of all files, and finds the file that defines the name at the end of a path such as
//! `crate::a::Name`.
//!
//! Names that a macro defines are not seen. Such a name counts as defined in the module of its path.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::{self, Visit};
use syn::{Attribute, File, Item, ItemUse, Meta, UseTree, Visibility};

/// The greatest number of re-exports to follow. A longer chain would be a circle of re-exports.
const DEPTH: usize = 20;

/// For each file, the files that define the names that it uses, and these names.
pub type Edges = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

type Segments = Vec<String>;

/// The names that one file defines, imports and uses.
#[derive(Default)]
struct Module {
    file: String,
    children: BTreeSet<String>,
    defined: BTreeSet<String>,
    /// The names that `use` lines import, each with its path.
    imports: BTreeMap<String, Segments>,
    globs: Vec<Segments>,
    /// Every path in the file, except those in unit tests and in `mod` and `pub use` lines.
    used: BTreeSet<Segments>,
    /// The type of the `impl` that is being read.
    own_type: String,
    /// The methods that the file defines, each with its type. Methods of traits are left out.
    methods: BTreeSet<(String, String)>,
    /// The methods of its own type that an `impl` calls: `self.f()` and `Self::f()`.
    own_calls: BTreeSet<(String, String)>,
}

impl Module {
    fn define(&mut self, item: &Item) {
        let name = match item {
            Item::Const(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Union(item) => &item.ident,
            Item::Macro(item) => return self.defined.extend(item.ident.iter().map(ToString::to_string)),
            Item::Mod(item) => return self.children.extend([item.ident.to_string()]),
            _ => return,
        };
        self.defined.insert(name.to_string());
    }

    fn import(&mut self, before: &[String], tree: &UseTree, is_used: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        let (name, path) = match tree {
            UseTree::Path(path) => return self.import(&with(&path.ident), &path.tree, is_used),
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.import(before, tree, is_used));
            }
            UseTree::Name(name) if name.ident == "self" => (before.last().cloned(), before.to_vec()),
            UseTree::Name(name) => (Some(name.ident.to_string()), with(&name.ident)),
            UseTree::Rename(name) => (Some(name.rename.to_string()), with(&name.ident)),
            UseTree::Glob(_) => {
                self.globs.push(before.to_vec());
                (None, before.to_vec())
            }
        };
        self.imports.extend(name.map(|name| (name, path.clone())));
        self.used.extend(is_used.then_some(path));
    }

    /// Notes the paths in the tokens of a macro or an attribute.
    fn scan(&mut self, tokens: TokenStream) {
        let (mut path, mut before) = (Segments::new(), String::new());
        for tree in tokens {
            let text = tree.to_string();
            match tree {
                TokenTree::Ident(_) => {
                    if before != "::" {
                        self.used.insert(std::mem::take(&mut path));
                    }
                    // A name after a point is a method or a field.
                    if before != "." {
                        path.push(text.clone());
                    }
                }
                TokenTree::Group(group) => self.scan(group.stream()),
                _ => {}
            }
            let is_double = before == text && matches!(text.as_str(), ":" | ".");
            before = if is_double { text.repeat(2) } else { text };
        }
        self.used.insert(path);
    }
}

/// Returns true for an item that only unit tests use.
fn is_test(attributes: &[Attribute]) -> bool {
    let of_test = |attribute: &Attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    };
    attributes.iter().any(of_test)
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

impl<'a> Visit<'a> for Module {
    fn visit_file(&mut self, file: &'a File) {
        file.items.iter().filter(|item| !is_test(attributes(item))).for_each(|item| self.define(item));
        visit::visit_file(self, file);
    }

    fn visit_item(&mut self, item: &'a Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        assert!(module.content.is_none(), "{}: `{}` is a module without a file", self.file, module.ident);
    }

    fn visit_item_use(&mut self, line: &'a ItemUse) {
        self.import(&[], &line.tree, matches!(line.vis, Visibility::Inherited));
    }

    fn visit_visibility(&mut self, _: &'a Visibility) {}

    fn visit_item_impl(&mut self, item: &'a syn::ItemImpl) {
        if let syn::Type::Path(path) = &*item.self_ty
            && let Some(last) = path.path.segments.last()
        {
            self.own_type = last.ident.to_string();
        }
        for method in item.items.iter().filter(|_| item.trait_.is_none()) {
            if let syn::ImplItem::Fn(method) = method {
                self.methods.insert((self.own_type.clone(), method.sig.ident.to_string()));
            }
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        if let syn::Expr::Path(receiver) = &*call.receiver
            && receiver.path.is_ident("self")
        {
            self.own_calls.insert((self.own_type.clone(), call.method.to_string()));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let segments: Segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let [own, method] = segments.as_slice()
            && own == "Self"
        {
            self.own_calls.insert((self.own_type.clone(), method.clone()));
        }
        self.used.insert(segments);
        visit::visit_path(self, path);
    }

    fn visit_token_stream(&mut self, tokens: &'a TokenStream) {
        self.scan(tokens.clone());
    }
}

/// The target of a path.
enum Target {
    Module(Segments),
    /// The file that defines a name, and the name.
    Name(String, String),
}

/// The files of a crate by their place in the module tree.
struct Crate(BTreeMap<Segments, Module>);

impl Crate {
    /// Finds the target of `path` in `module`. Returns `None` for foreign and local names.
    fn find(&self, module: &[String], path: &[String], depth: usize) -> Option<Target> {
        let depth = depth.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        let mut target = match first.as_str() {
            "crate" => Target::Module(Vec::new()),
            _ => self.step(module, first, depth)?,
        };
        for name in rest {
            let Target::Module(at) = &target else { break };
            let made_by_macro = || Target::Name(self.0[at].file.clone(), name.clone());
            target = self.step(at, name, depth).unwrap_or_else(made_by_macro);
        }
        Some(target)
    }

    /// Finds the file that defines a method which an `impl` of `module` calls on its own type. Returns a file only if
    /// exactly one other file defines the method.
    fn home_of(&self, module: &Module, call: &(String, String)) -> Option<String> {
        if module.methods.contains(call) {
            return None;
        }
        let mut homes = self.0.values().filter(|other| other.methods.contains(call));
        let home = homes.next().filter(|_| homes.next().is_none())?;
        Some(home.file.clone())
    }

    /// Finds the meaning of a name in a module.
    fn step(&self, at: &[String], name: &str, depth: usize) -> Option<Target> {
        let module = self.0.get(at)?;
        if name == "self" {
            return Some(Target::Module(at.to_vec()));
        }
        if name == "super" {
            return at.split_last().map(|(_, above)| Target::Module(above.to_vec()));
        }
        if module.children.contains(name) {
            return Some(Target::Module([at, &[name.to_owned()]].concat()));
        }
        if module.defined.contains(name) {
            return Some(Target::Name(module.file.clone(), name.to_owned()));
        }
        if let Some(path) = module.imports.get(name) {
            return self.find(at, path, depth);
        }
        module.globs.iter().find_map(|glob| match self.find(at, glob, depth)? {
            Target::Module(other) => self.step(&other, name, depth.checked_sub(1)?),
            Target::Name(..) => None,
        })
    }
}

/// Reads all files, and finds the names that each file uses from other files. A file is a path below `src` and a text.
pub fn edges<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Edges {
    let mut all = BTreeMap::new();
    for (file, text) in files {
        let mut path: Segments = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        path.pop_if(|last| *last == "mod" || *last == "lib");
        let mut module = Module { file: file.to_owned(), ..Module::default() };
        module.visit_file(&syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}")));
        all.insert(path, module);
    }
    let all = Crate(all);
    let mut edges = Edges::new();
    for (at, module) in &all.0 {
        let named = module.used.iter().filter_map(|path| match all.find(at, path, DEPTH)? {
            Target::Name(file, name) => Some((file, name)),
            Target::Module(_) => None,
        });
        let called =
            module.own_calls.iter().filter_map(|call| Some((all.home_of(module, call)?, call.1.clone())));
        for (file, name) in named.chain(called).filter(|(file, _)| *file != module.file) {
            edges.entry(module.file.clone()).or_default().entry(file).or_default().insert(name);
        }
    }
    edges
}
