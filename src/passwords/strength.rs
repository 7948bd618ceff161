//! How soon a password is guessed, and why. Server side.

use unicode_normalization::UnicodeNormalization;
use zxcvbn::{
    Entropy, Score,
    feedback::{Suggestion, Warning},
    zxcvbn,
};

use super::Judgement;
use crate::base::{
    error::{Guessable, Invalid},
    text::is_of_word,
};

/// Whom a password is for, as they typed it. What others know about someone must not be in it.
#[derive(Clone, Copy)]
pub struct About<'a> {
    pub email: &'a str,
    pub name: &'a str,
}

/// So many characters are looked at, from the start, and from the end where the start does not do: what zxcvbn needs
/// grows with the square of the length, to half a second for a hundred signs that stand for letters. More characters
/// than these can only be harder to guess.
const LOOKED_AT: usize = 32;

/// Signs and digits around a word, up to so many characters, hide nothing: `Elephant2026!` falls with `elephant`.
const TRIMMINGS_MAX: usize = 6;

/// What is left without the signs at both ends takes at least so many guesses (the logarithm to base 10) ...
const WITHOUT_SIGNS: f64 = 6.5;
/// ... and what is left without digits as well. Anything less is one word of the lists.
const WITHOUT_DIGITS: f64 = 5.0;

/// The product's name: the first context word of ASVS 6.1.2.
const PRODUCT: &str = "latchkey";

/// Shorter words are in too many others.
const WORD_CHARS_MIN: usize = 4;

/// Context words beyond these are not looked at: a name can be long.
const WORDS_MAX: usize = 16;

/// What a password is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// How long it would withstand guessing.
    score: Score,
    /// Why it cannot be set, if it cannot.
    pub refused: Option<Invalid>,
}

impl Assessment {
    pub fn refused(why: Invalid) -> Self {
        Self { score: Score::Zero, refused: Some(why) }
    }

    pub fn judgement(self) -> Judgement {
        let advice = self.refused.as_ref().map(|why| why.to_string());
        Judgement { step: self.score.into(), word: self.word().into(), advice }
    }

    fn word(&self) -> &'static str {
        match (&self.refused, self.score) {
            (Some(Invalid::PasswordTooShort(_)), _) => "Too short",
            (Some(Invalid::PasswordTooLong), _) => "Too long",
            (_, Score::Zero) => "Very weak",
            (_, Score::One) => "Weak",
            (_, Score::Two) => "Still too weak",
            (_, Score::Three) => "Good",
            // The enum is open; there is nothing above.
            _ => "Strong",
        }
    }
}

/// How strong the text is, and why it is refused, if it is.
///
/// zxcvbn must estimate a hundred million guesses (its step 3, "safely unguessable") and more. Behind argon2id at 30 ms
/// that is a month of one processor for one account, and far beyond what throttled guessing reaches; yet ten random
/// letters pass, and four everyday words.
pub fn assess(text: &str, known: &Known) -> Assessment {
    let words: Vec<&str> = known.words.iter().map(String::as_str).collect();
    let entropy = estimate(text, &words);
    let guessable = known.held_by(text).or_else(|| too_easy(text, &words, &entropy));
    let score = entropy.score();
    match guessable {
        Some(why) => Assessment { score: score.min(Score::Two), refused: Some(Invalid::PasswordGuessable(why)) },
        None => Assessment { score, refused: None },
    }
}

fn estimate(text: &str, words: &[&str]) -> Entropy {
    let chars: Vec<char> = text.chars().collect();
    let start: String = chars.iter().take(LOOKED_AT).collect();
    let entropy = zxcvbn(&start, words);
    if entropy.score() >= Score::Three || chars.len() <= LOOKED_AT {
        return entropy;
    }
    let end: String = chars.iter().skip(chars.len() - LOOKED_AT).collect();
    let other = zxcvbn(&end, words);
    if other.score() > entropy.score() { other } else { entropy }
}

fn too_easy(text: &str, words: &[&str], entropy: &Entropy) -> Option<Guessable> {
    if entropy.score() < Score::Three {
        return Some(why(entropy));
    }
    let signs = |c: char| !c.is_alphanumeric();
    let trimmings = |c: char| !c.is_alphabetic();
    trimmed_falls(text, text.trim_matches(signs), WITHOUT_SIGNS, words)
        .or_else(|| trimmed_falls(text, text.trim_matches(trimmings), WITHOUT_DIGITS, words))
}

/// Why the password is refused for what is left of it when its trimmings are taken away.
fn trimmed_falls(text: &str, core: &str, least: f64, words: &[&str]) -> Option<Guessable> {
    let (all, left) = (text.chars().count(), core.chars().count());
    let short = u32::try_from(left).ok().filter(|_| left > 0 && left < all && all - left <= TRIMMINGS_MAX)?;
    let entropy = estimate(core, words);
    // zxcvbn gives ten guesses to each character that it sees nothing in: that is no word, and not held against it.
    let has_a_pattern = entropy.guesses_log10() < f64::from(short) - 0.5;
    (entropy.guesses_log10() < least && has_a_pattern).then(|| match why(&entropy) {
        Guessable::Common => Guessable::NearCommon,
        other => other,
    })
}

/// zxcvbn's reasons in our words.
fn why(entropy: &Entropy) -> Guessable {
    let Some(feedback) = entropy.feedback() else { return Guessable::Plain };
    let suggested = |what| feedback.suggestions().contains(&what);
    if suggested(Suggestion::PredictableSubstitutionsDontHelpVeryMuch) {
        return Guessable::Swapped;
    }
    if suggested(Suggestion::ReversedWordsArentMuchHarderToGuess) {
        return Guessable::Backwards;
    }
    let Some(warning) = feedback.warning() else { return Guessable::Plain };
    match warning {
        Warning::ThisIsATop10Password | Warning::ThisIsATop100Password | Warning::ThisIsACommonPassword => {
            Guessable::Common
        }
        Warning::ThisIsSimilarToACommonlyUsedPassword => Guessable::NearCommon,
        Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess => Guessable::Keys,
        Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => {
            Guessable::Repeated
        }
        Warning::SequencesLikeAbcAreEasyToGuess => Guessable::Sequence,
        Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess => Guessable::Date,
        Warning::AWordByItselfIsEasyToGuess => Guessable::Word,
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess | Warning::CommonNamesAndSurnamesAreEasyToGuess => {
            Guessable::Name
        }
    }
}

/// What others know about someone: the context words of ASVS 6.1.2.
pub struct Known {
    /// What a password must not hold at all, folded.
    barred: Vec<(String, Guessable)>,
    /// What zxcvbn counts as guessed first.
    words: Vec<String>,
}

impl Known {
    /// The email, its part before the @ (and before a `+`), the name and each of its words, the product.
    pub fn about(about: &About<'_>) -> Self {
        // An address has 254 characters at most and a name 80; longer ones are refused elsewhere.
        let (email, name) = (fold(about.email.trim(), 254), fold(about.name.trim(), 80));
        let local = email.rsplit_once('@').map_or(&*email, |(local, _)| local);
        let person = local.split('+').next().unwrap_or_default();
        let of_email = [&*email, local, person].map(|text| (text, Guessable::HoldsEmail));
        let of_name = std::iter::once(&*name).chain(name.split_whitespace()).map(|text| (text, Guessable::HoldsName));
        let all = std::iter::once((PRODUCT, Guessable::HoldsProduct)).chain(of_email).chain(of_name);
        let barred: Vec<(String, Guessable)> = all
            .filter(|(text, _)| text.chars().filter(|c| c.is_alphanumeric()).count() >= WORD_CHARS_MIN)
            .map(|(text, why)| (text.to_owned(), why))
            .take(WORDS_MAX)
            .collect();
        let parts = [&*email, &*name].into_iter().flat_map(|text| text.split(|c: char| !is_of_word(c)));
        let parts = parts.filter(|part| part.chars().count() >= 2).take(WORDS_MAX).map(str::to_owned);
        let words = barred.iter().map(|(text, _)| compact(text)).chain(parts).collect();
        Self { barred, words }
    }

    /// Whether the text holds one of them, with or without what stands between its words.
    fn held_by(&self, text: &str) -> Option<Guessable> {
        let text = fold(text, super::PASSWORD_MAX_CHARS);
        let packed = compact(&text);
        let holds = |word: &str| {
            let together = compact(word);
            text.contains(word) || (together != word && together.len() >= 6 && packed.contains(&together))
        };
        self.barred.iter().find(|(word, _)| holds(word)).map(|(_, why)| *why)
    }
}

/// For comparing only: what looks alike is alike.
fn fold(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).nfkc().collect::<String>().to_lowercase()
}

fn compact(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}
