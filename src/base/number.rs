//! Numbers as people read them, and those of many that stand for all. Both sides.

/// With a comma at each thousand: "1,234,567".
pub fn grouped(number: impl TryInto<i64>) -> String {
    let number = number.try_into().unwrap_or(i64::MAX);
    let digits = number.unsigned_abs().to_string();
    let mut text = String::from(if number < 0 { "−" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "1 account", "2,000 accounts".
pub fn counted(number: impl TryInto<i64>, one: &str, many: &str) -> String {
    match number.try_into().unwrap_or(i64::MAX) {
        1 => format!("1 {one}"),
        number => format!("{} {many}", grouped(number)),
    }
}

/// At each per cent the nearest rank: the least of the numbers that so many per cent of them do not exceed.
pub fn percentiles<T: Copy + Default + Ord, const N: usize>(mut numbers: Vec<T>, percents: [usize; N]) -> [T; N] {
    numbers.sort_unstable();
    percents.map(|percent| {
        let rank = (numbers.len() * percent).div_ceil(100).max(1);
        numbers.get(rank - 1).copied().unwrap_or_default()
    })
}

/// A part of a whole: "12%". What is not nothing is never told as nothing, nor what is not all as all.
pub fn share(part: i64, whole: i64) -> String {
    match (part, whole) {
        (_, ..=0) => "–".into(),
        (0, _) => "0%".into(),
        _ if part >= whole => "100%".into(),
        _ => match part.saturating_mul(100) / whole {
            0 => "under 1%".into(),
            percent => format!("{percent}%"),
        },
    }
}
