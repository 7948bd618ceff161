//! The table that `cargo xtask bench` prints, and the same as JSON.

use serde_json::{Map, Value, json};

use super::Row;

/// A measured thing.
pub struct Line {
    row: Row,
    what: String,
    figures: Vec<(f64, &'static str)>,
    ratio: Option<f64>,
    cpu_ratio: Option<f64>,
    aim: Option<Aim>,
}

/// What a figure or a ratio is to be.
pub struct Aim {
    words: String,
    met: bool,
}

impl Aim {
    pub fn at_least(bound: f64, measured: f64, unit: &'static str) -> Self {
        Self { words: with_unit(&format!("≥ {bound}"), unit), met: measured >= bound }
    }

    pub fn at_most(bound: f64, measured: f64, unit: &'static str) -> Self {
        Self { words: with_unit(&format!("≤ {bound}"), unit), met: measured <= bound }
    }
}

/// `unit` is empty for a ratio.
fn with_unit(words: &str, unit: &str) -> String {
    if unit.is_empty() { words.to_owned() } else { format!("{words} {unit}") }
}

impl Line {
    pub fn new(row: Row, what: impl Into<String>) -> Self {
        Self { row, what: what.into(), figures: Vec::new(), ratio: None, cpu_ratio: None, aim: None }
    }

    pub fn figure(mut self, value: f64, unit: &'static str) -> Self {
        self.figures.push((value, unit));
        self
    }

    pub fn ratio(self, ratio: f64) -> Self {
        Self { ratio: Some(ratio), ..self }
    }

    /// The same ratio, of the time on a processor.
    pub fn cpu_ratio(self, ratio: f64) -> Self {
        Self { cpu_ratio: Some(ratio), ..self }
    }

    pub fn aim(self, aim: Aim) -> Self {
        Self { aim: Some(aim), ..self }
    }

    fn cells(&self) -> [String; 7] {
        let figures = self.figures.iter().map(|(value, unit)| format!("{} {unit}", number(*value)));
        let ratio = |ratio: Option<f64>| ratio.map(|ratio| format!("{ratio:.3}")).unwrap_or_default();
        let (aim, met) = match &self.aim {
            Some(Aim { words, met }) => (words.clone(), if *met { "met" } else { "missed" }),
            None => Default::default(),
        };
        [
            self.row.name(),
            self.what.clone(),
            figures.collect::<Vec<_>>().join(", "),
            ratio(self.ratio),
            ratio(self.cpu_ratio),
            aim,
            met.to_owned(),
        ]
    }

    fn as_json(&self) -> Value {
        let figures: Map<String, Value> =
            self.figures.iter().map(|(value, unit)| ((*unit).to_owned(), json!(value))).collect();
        json!({
            "row": self.row.name(),
            "what": self.what,
            "figures": figures,
            "ratio": self.ratio,
            "cpu_ratio": self.cpu_ratio,
            "aim": self.aim.as_ref().map(|aim| &aim.words),
            "met": self.aim.as_ref().map(|aim| aim.met),
        })
    }
}

/// Three digits that count are more than these figures are worth.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => thousands(value),
    }
}

pub fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

const HEAD: [&str; 7] = ["row", "what", "figure", "ratio", "by CPU", "aim", ""];

pub fn print(lines: &[Line]) {
    let cells: Vec<[String; 7]> =
        std::iter::once(HEAD.map(str::to_owned)).chain(lines.iter().map(Line::cells)).collect();
    let widths: [usize; 7] =
        std::array::from_fn(|column| cells.iter().map(|cells| cells[column].chars().count()).max().unwrap_or_default());
    for cells in &cells {
        let padded = cells.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
            3 | 4 => format!("{cell:>width$}"),
            _ => format!("{cell:<width$}"),
        });
        println!("{}", padded.collect::<Vec<_>>().join("  ").trim_end());
    }
}

pub fn print_json(lines: &[Line]) {
    println!("{:#}", json!({ "lines": lines.iter().map(Line::as_json).collect::<Vec<_>>() }));
}
