//! How a person wants the pages to look: light or dark, and with how much contrast. Remembered in the browser, known to
//! the server before the first byte, so that nothing flashes.

pub mod actions;
pub mod remember;
pub mod switch;

use strum::{EnumString, IntoStaticStr, VariantArray};

/// As the system says, unless the person has said something else here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appearance {
    pub theme: Theme,
    /// More contrast, whatever the system says.
    pub more_contrast: bool,
}

/// Its text stands in the cookie, in forms, and in the document's `data-theme`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(const_into_str, serialize_all = "snake_case")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// For `<meta name="color-scheme">`: what the browser paints before the style sheet is there.
    pub fn color_scheme(self) -> &'static str {
        match self {
            Self::System => "light dark",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The document's `data-contrast`, and the value of the box.
pub const MORE: &str = "more";
