//! Names, addresses and browsers of people who do not exist.

use std::cell::Cell;

/// Chance that is the same each time (SplitMix64): a seeded database can be made again.
pub struct Dice(Cell<u64>);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(Cell::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    fn next(&self) -> u64 {
        self.0.set(self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        let mut z = self.0.get();
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 up to `sides` - 1.
    pub fn throw(&self, sides: u64) -> u64 {
        self.next() % sides.max(1)
    }

    /// 0 up to `end` - 1.
    pub fn below(&self, end: i64) -> i64 {
        i64::try_from(self.throw(end.unsigned_abs())).unwrap_or_default()
    }

    fn pick<T: Copy>(&self, list: &[T]) -> T {
        let place = usize::try_from(self.throw(list.len() as u64)).unwrap_or_default();
        list[place]
    }
}

/// As it is written, and as it stands in an address.
const FIRST: [(&str, &str); 48] = [
    ("Anna", "anna"),
    ("Ben", "ben"),
    ("Carla", "carla"),
    ("David", "david"),
    ("Elena", "elena"),
    ("Felix", "felix"),
    ("Grace", "grace"),
    ("Hannah", "hannah"),
    ("Ivan", "ivan"),
    ("Julia", "julia"),
    ("Karl", "karl"),
    ("Lena", "lena"),
    ("Maria", "maria"),
    ("Noah", "noah"),
    ("Olga", "olga"),
    ("Paul", "paul"),
    ("Quentin", "quentin"),
    ("Rosa", "rosa"),
    ("Sofia", "sofia"),
    ("Tom", "tom"),
    ("Uma", "uma"),
    ("Victor", "victor"),
    ("Wanda", "wanda"),
    ("Xenia", "xenia"),
    ("Yusuf", "yusuf"),
    ("Zoë", "zoe"),
    ("Jürgen", "juergen"),
    ("Søren", "soren"),
    ("José", "jose"),
    ("Chloé", "chloe"),
    ("Łukasz", "lukasz"),
    ("Ines", "ines"),
    ("Mehmet", "mehmet"),
    ("Aiko", "aiko"),
    ("Wei", "wei"),
    ("Priya", "priya"),
    ("Fatima", "fatima"),
    ("Omar", "omar"),
    ("Kwame", "kwame"),
    ("Thandi", "thandi"),
    ("Mateo", "mateo"),
    ("Lucía", "lucia"),
    ("Liam", "liam"),
    ("Emma", "emma"),
    ("Aoife", "aoife"),
    ("Дмитрий", "dmitri"),
    ("Ελένη", "eleni"),
    ("李娜", "lina"),
];

const LAST: [(&str, &str); 40] = [
    ("Smith", "smith"),
    ("Müller", "mueller"),
    ("Schmidt", "schmidt"),
    ("García", "garcia"),
    ("Rossi", "rossi"),
    ("Dubois", "dubois"),
    ("Novák", "novak"),
    ("Kowalski", "kowalski"),
    ("Jensen", "jensen"),
    ("Johansson", "johansson"),
    ("Silva", "silva"),
    ("Nguyen", "nguyen"),
    ("Kim", "kim"),
    ("Tanaka", "tanaka"),
    ("Wang", "wang"),
    ("Singh", "singh"),
    ("Patel", "patel"),
    ("Khan", "khan"),
    ("Yılmaz", "yilmaz"),
    ("Okafor", "okafor"),
    ("Mensah", "mensah"),
    ("O'Brien", "obrien"),
    ("Murphy", "murphy"),
    ("Jones", "jones"),
    ("Brown", "brown"),
    ("Weber", "weber"),
    ("Fischer", "fischer"),
    ("Schäfer", "schaefer"),
    ("Lindström", "lindstrom"),
    ("Horváth", "horvath"),
    ("Popescu", "popescu"),
    ("Ivanova", "ivanova"),
    ("Petrov", "petrov"),
    ("van Dijk", "vandijk"),
    ("de la Cruz", "delacruz"),
    ("Haddad", "haddad"),
    ("Cohen", "cohen"),
    ("Levi", "levi"),
    ("Costa", "costa"),
    ("Papadopoulou", "papadopoulou"),
];

/// Names that few have are put together.
const HEADS: [&str; 24] = [
    "Ahorn", "Birken", "Brenn", "Dorn", "Eber", "Falken", "Grau", "Hohen", "Kalt", "Kirsch", "Laub", "Lichten", "Moor",
    "Nuss", "Ober", "Quell", "Rauten", "Sauer", "Stein", "Tann", "Ulmen", "Winter", "Wolken", "Zinn",
];
const TAILS: [&str; 22] = [
    "acker", "bach", "berg", "beck", "brand", "burg", "dorf", "egger", "feld", "fels", "garten", "hain", "hofer",
    "horst", "kamp", "mann", "moser", "rode", "stedt", "thal", "wald", "wirth",
];

/// A name, and how it begins an address.
pub fn person(dice: &Dice) -> (String, String) {
    let (first, short) = dice.pick(&FIRST);
    let (last, box_name) = if dice.throw(3) == 0 {
        let last = format!("{}{}", dice.pick(&HEADS), dice.pick(&TAILS));
        let box_name = last.to_lowercase();
        (last, box_name)
    } else {
        let (last, box_name) = dice.pick(&LAST);
        (last.to_owned(), box_name.to_owned())
    };
    (format!("{first} {last}"), format!("{short}.{box_name}"))
}

/// Half of them at one (RFC 2606: they are no one's).
pub fn domain(dice: &Dice) -> &'static str {
    dice.pick(&["example.com", "example.com", "example.com", "example.org", "example.net", "mail.example.net"])
}

/// Of the blocks for documents (RFC 5737, RFC 3849).
pub fn ip(dice: &Dice) -> String {
    match dice.throw(4) {
        0 => format!("192.0.2.{}", dice.throw(254) + 1),
        1 => format!("198.51.100.{}", dice.throw(254) + 1),
        2 => format!("203.0.113.{}", dice.throw(254) + 1),
        _ => format!("2001:db8:{:x}:{:x}::1", dice.throw(0xffff), dice.throw(0xffff)),
    }
}

const SYSTEMS: [&str; 5] = [
    "Windows NT 10.0; Win64; x64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "X11; Linux x86_64",
    "Linux; Android 10; K",
    "iPhone; CPU iPhone OS 18_1 like Mac OS X",
];

pub fn user_agent(dice: &Dice) -> String {
    let (system, version) = (dice.pick(&SYSTEMS), 128 + dice.throw(15));
    match dice.throw(3) {
        0 => format!("Mozilla/5.0 ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"),
        1 if system.contains("Mac OS X") => format!(
            "Mozilla/5.0 ({system}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
        ),
        _ => format!(
            "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
        ),
    }
}
