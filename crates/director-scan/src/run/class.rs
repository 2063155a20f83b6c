//! Attributes of classes, and what kind of class it is.

use super::interpreter::Interpreter;
use super::orm;
use super::value::{ClassId, Value};

/// Classes above a class that are looked at.
const MAX_ANCESTORS: usize = 64;

impl<'a> Interpreter<'a> {
    /// The class and those of the project above it, the nearest first. Python's order differs only for diamonds.
    pub(super) fn ancestry(&self, class: ClassId) -> Vec<ClassId> {
        let mut order = Vec::new();
        let mut open = vec![class];
        while let Some(class) = open.pop() {
            if order.contains(&class) || order.len() >= MAX_ANCESTORS {
                continue;
            }
            order.push(class);
            let bases = self.classes[class.0].bases.iter().rev();
            open.extend(bases.filter_map(|base| match base {
                Value::Class(base) => Some(*base),
                _ => None,
            }));
        }
        order
    }

    /// The attribute of a class, as it was assigned or defined.
    pub(super) fn class_attribute(&self, class: ClassId, name: &str) -> Option<Value> {
        self.attribute_among(&self.ancestry(class), name)
    }

    /// The attribute as `super()` in a method of `after` finds it.
    pub(super) fn attribute_after(&self, object: &Value, after: ClassId, name: &str) -> Option<Value> {
        let class = match object {
            Value::Instance(class, _) | Value::Class(class) => *class,
            _ => after,
        };
        let order = self.ancestry(class);
        let at = order.iter().position(|one| *one == after)?;
        self.attribute_among(order.get(at + 1..)?, name)
    }

    fn attribute_among(&self, classes: &[ClassId], name: &str) -> Option<Value> {
        classes.iter().find_map(|class| {
            self.scopes[self.classes[class.0].scope.0]
                .names
                .get(name)
                .cloned()
        })
    }

    /// The bases of a class and of those above it that the project does not define; nothing for one that is not known at all.
    fn foreign_bases(&self, class: ClassId) -> Vec<Option<String>> {
        let mut names = Vec::new();
        for class in self.ancestry(class) {
            for base in &self.classes[class.0].bases {
                match base {
                    Value::Class(_) => {}
                    Value::External(name) => names.push(Some(name.to_string())),
                    _ => names.push(None),
                }
            }
        }
        names
    }

    fn has_foreign_base(&self, class: ClassId, fits: impl Fn(&str) -> bool) -> bool {
        self.foreign_bases(class).iter().flatten().any(|name| fits(name))
    }

    /// Whether it may be a model: not when all that it inherits is known to be something else.
    pub(super) fn may_be_model(&self, class: ClassId) -> bool {
        let bases = self.foreign_bases(class);
        bases.iter().any(|base| match base {
            Some(name) => !orm::is_other_mapper(name),
            None => true,
        }) && !self.has_foreign_base(class, orm::is_other_mapper)
    }

    /// Whether it is a model for certain, so that its objects are rows.
    pub(super) fn is_model(&self, class: ClassId) -> bool {
        self.has_foreign_base(class, |name| {
            let last = name.rsplit('.').next().unwrap_or(name);
            name.ends_with("models.Model")
                || (last.ends_with("Model") && name.contains("models"))
                || matches!(
                    last,
                    "AbstractUser" | "AbstractBaseUser" | "MPTTModel" | "PolymorphicModel" | "MP_Node"
                )
        })
    }

    pub(super) fn is_manager(&self, class: ClassId) -> bool {
        self.classes[class.0].name.ends_with("Manager") && self.may_be_model(class)
            || self.has_foreign_base(class, |name| name.ends_with("Manager"))
    }

    pub(super) fn is_queryset(&self, class: ClassId) -> bool {
        self.has_foreign_base(class, |name| name.ends_with("QuerySet"))
    }

    pub(super) fn is_serializer(&self, class: ClassId) -> bool {
        self.has_foreign_base(class, |name| name.ends_with("Serializer"))
    }

    pub(super) fn is_thread(&self, class: ClassId) -> bool {
        self.has_foreign_base(class, |name| {
            matches!(name, "threading.Thread" | "threading.Timer")
        })
    }

    /// Whether it configures an application.
    pub(crate) fn is_config(&self, class: ClassId) -> bool {
        self.has_foreign_base(class, |name| {
            name.ends_with("AppConfig") || name.ends_with("apps.Config")
        })
    }

    /// The classes that the module itself defines, by name.
    pub(crate) fn classes_of(&self, module: super::value::ModuleId) -> Vec<(String, ClassId)> {
        let mut classes: Vec<(String, ClassId)> = (0..self.classes.len())
            .map(ClassId)
            .filter(|class| self.classes[class.0].module == module)
            .map(|class| (self.classes[class.0].name.clone(), class))
            .collect();
        classes.sort_by_key(|(_, class)| self.classes[class.0].node.start_byte());
        classes
    }

    pub(crate) fn class_name(&self, class: ClassId) -> &str {
        &self.classes[class.0].name
    }

    /// Where a class is defined.
    pub(crate) fn class_file(&self, class: ClassId) -> &'a std::path::Path {
        self.modules[self.classes[class.0].module.0].file
    }

    /// What the class itself says, its ancestors aside.
    pub(crate) fn own_attribute(&self, class: ClassId, name: &str) -> Option<&Value> {
        self.scopes[self.classes[class.0].scope.0].names.get(name)
    }
}
