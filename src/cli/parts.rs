//! The parts of the product that can be taken out, and yours: for each a line with its settings, and one with itself.
//! Server side.

use std::sync::Arc;

use clap::Args;

#[cfg(feature = "lab")]
use crate::lab::part::{LabPart, LabSettings};
#[cfg(feature = "oauth")]
use crate::oauth::{part::OauthPart, settings::OauthSettings};
use crate::{
    base::config::Config,
    pages::{
        notes::{part::NotesPart, settings::NotesSettings},
        part::{Part, Parts},
    },
};

/// All settings of a server.
#[derive(Args, Clone, Debug)]
pub struct ServerSettings {
    #[command(flatten)]
    pub config: Config,
    #[command(flatten)]
    pub parts: PartSettings,
}

/// Those of the parts.
#[derive(Args, Clone, Debug)]
pub struct PartSettings {
    #[command(flatten)]
    notes: NotesSettings,
    #[cfg(feature = "lab")]
    #[command(flatten)]
    pub lab: LabSettings,
    #[cfg(feature = "oauth")]
    #[command(flatten)]
    pub oauth: OauthSettings,
}

impl From<PartSettings> for Parts {
    /// In the order of their links in the bar.
    fn from(settings: PartSettings) -> Self {
        let parts: Vec<Arc<dyn Part>> = vec![
            Arc::new(NotesPart(settings.notes)),
            #[cfg(feature = "lab")]
            Arc::new(LabPart::new(settings.lab)),
            #[cfg(feature = "oauth")]
            Arc::new(OauthPart::new(settings.oauth)),
        ];
        Self(parts.into())
    }
}
