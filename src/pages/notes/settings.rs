//! The settings of the notes. Server side.

use clap::Args;

#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Notes")]
pub struct NotesSettings {
    /// Maximum number of notes per user (1 to 1000000).
    #[arg(long, env = "LATCHKEY_NOTES_PER_PERSON", default_value_t = 2_000, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    pub notes_per_person: i64,

    /// Maximum size of all notes of a user, in MiB (1 to 10240): their text, and 128 bytes for each word in the search
    /// index. 32 MiB hold 2,000 notes of a hundred words, or about 200 of the maximum length.
    #[arg(long, env = "LATCHKEY_NOTES_MIB_PER_PERSON", default_value_t = 32, value_parser = clap::value_parser!(i64).range(1..=10_240))]
    pub notes_mib_per_person: i64,

    /// Changes to notes per minute before delays start (1 to 1000000). Each further one doubles the delay, from 1 second
    /// to 1 minute.
    #[arg(long, env = "LATCHKEY_NOTE_CHANGES_PER_MINUTE", default_value_t = 120, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    pub note_changes_per_minute: i64,
}
