//! Parts of a page that have no type of their own. Server side.
//!
//! The server knows what a page shows before it renders it, and renders nothing twice: there such a part is its HTML at
//! once. Leptos's `AnyView` also brings what it takes to wait for a view, to build it in a browser and to change it there,
//! for each type of view; that was a quarter of the program.

use leptos::{children::ChildrenOptContainer, prelude::*, tachys::html::InertElement};

pub type Drawn = InertElement;

/// Not for what stands in an island: there it counts what stands before.
pub trait Draw {
    fn drawn(self) -> Drawn;
}

impl<V: RenderHtml> Draw for V {
    fn drawn(self) -> Drawn {
        Drawn::new(self.to_html())
    }
}

/// What stands between the tags of a component; made when everything around it is there.
pub struct Content(Box<dyn FnOnce() -> Drawn + Send>);

impl Content {
    pub fn new<V: IntoView + 'static>(view: impl FnOnce() -> V + Send + 'static) -> Self {
        Self(Box::new(move || view().into_view().drawn()))
    }

    pub fn drawn(self) -> Drawn {
        (self.0)()
    }
}

impl<V: IntoView + 'static, F: FnOnce() -> V + Send + 'static> ToChildren<F> for Content {
    fn to_children(view: F) -> Self {
        Self::new(view)
    }
}

/// So the macro hands over a text alone.
impl<V: IntoView + 'static> ToChildren<ChildrenOptContainer<V>> for Content {
    fn to_children(text: ChildrenOptContainer<V>) -> Self {
        Self::new(move || text.0)
    }
}
