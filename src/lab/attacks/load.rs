//! What section 4 shows. Server side.

use super::{Attack, list, list::About, run::kept_as, thief};
use crate::{
    base::error::AppError,
    lab::{code::files::Cite, visit::Visit, world::Lab},
};

pub async fn load(lab: &Lab, visit: Option<&Visit>) -> Result<Vec<Attack>, AppError> {
    let mut attacks = Vec::new();
    for about in &list::ALL {
        let mut attack = described(about);
        if let Some(visit) = visit {
            attack.outcome = visit.result(lab, &kept_as(about.id)).await?;
            if about.id == list::OLD_SECRET && thief::waits(lab, visit).await? {
                attack.button = "Ten seconds later: let the thief come back".into();
            }
        }
        attacks.push(attack);
    }
    Ok(attacks)
}

fn described(about: &About) -> Attack {
    Attack {
        id: about.id.into(),
        title: about.title.into(),
        what: about.what.into(),
        button: about.button.into(),
        defence: about.defence.into(),
        links: about.cites.iter().map(Cite::link).collect(),
        outcome: None,
    }
}
