//! Parts of a page that have no type of their own. Both sides.
//!
//! The server knows what a page shows before it renders it, and renders nothing twice: there such a part is its HTML at
//! once. Leptos's `AnyView` also brings what it takes to wait for a view, to build it in a browser and to change it there,
//! for each type of view; that was a quarter of the program.

use leptos::{children::ChildrenOptContainer, prelude::*};

#[cfg(feature = "ssr")]
pub type Drawn = leptos::tachys::html::InertElement;
#[cfg(not(feature = "ssr"))]
pub type Drawn = AnyView;

/// Not for what stands in an island: how texts are told apart there depends on what stands before.
pub trait Draw {
    fn drawn(self) -> Drawn;
}

impl<V: RenderHtml> Draw for V {
    #[cfg(feature = "ssr")]
    fn drawn(self) -> Drawn {
        Drawn::new(self.to_html())
    }

    #[cfg(not(feature = "ssr"))]
    fn drawn(self) -> Drawn {
        self.into_any()
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
