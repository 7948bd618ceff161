//! What a hash costs: the settings of argon2id, as each stored hash names them. Server side.

use std::fmt;

use argon2::{Params, password_hash::phc::PasswordHash};

use crate::base::{config::Config, error::AppError};

/// Memory in KiB, passes over it, lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    /// Of the hashes that are made with these settings.
    pub fn wanted(config: &Config) -> Self {
        Self { memory_kib: config.argon2_memory_kib, passes: config.argon2_passes, lanes: config.argon2_lanes }
    }

    /// Of a stored hash, or of its beginning.
    pub fn of(stored: &str) -> Result<Self, AppError> {
        let stored = PasswordHash::new(stored).map_err(argon2::password_hash::Error::from)?;
        let params = Params::try_from(&stored.params)?;
        Ok(Self { memory_kib: params.m_cost(), passes: params.t_cost(), lanes: params.p_cost() })
    }

    pub fn params(self) -> Result<Params, AppError> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, None);
        Ok(params.map_err(argon2::password_hash::Error::from)?)
    }

    /// In no respect less than either.
    pub fn at_least(self, other: Self) -> Self {
        Self {
            memory_kib: self.memory_kib.max(other.memory_kib),
            passes: self.passes.max(other.passes),
            lanes: self.lanes.max(other.lanes),
        }
    }
}

/// As in a stored hash.
impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m={},t={},p={}", self.memory_kib, self.passes, self.lanes)
    }
}
