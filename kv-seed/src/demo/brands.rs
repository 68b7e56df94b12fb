//! The makers. All of them are invented; so are their numbers.

/// A brand of the demonstration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brand {
    /// Four capitals, as ACES and PIES have them.
    pub code: &'static str,
    /// As people write it.
    pub name: &'static str,
    /// Its place among the others.
    pub tier: Tier,
    style: Style,
    /// The first number it gave out.
    pub first_number: u64,
    /// Whether its parts are on the price sheet in euro.
    pub sold_in_europe: bool,
}

/// Quality and price of a brand against the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Cheapest.
    Economy,
    /// The usual.
    Standard,
    /// Dearest; advertised no lower than its floor.
    Premium,
}

/// How a brand writes its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `44-10`
    Dashed,
    /// `F4410`
    Letter(char),
    /// `44 10`
    Spaced,
    /// `44.10R`
    Remanufactured,
    /// `4410`
    Plain,
}

const fn brand(
    code: &'static str,
    name: &'static str,
    tier: Tier,
    style: Style,
    first_number: u64,
    sold_in_europe: bool,
) -> Brand {
    Brand { code, name, tier, style, first_number, sold_in_europe }
}

pub const BRKX: Brand = brand("BRKX", "Brakvex", Tier::Standard, Style::Dashed, 5001, true);
pub const HALT: Brand = brand("HALT", "Haltrino", Tier::Premium, Style::Dashed, 70_001, true);
pub const ECNV: Brand = brand("ECNV", "Econavo", Tier::Economy, Style::Plain, 100_001, false);
pub const RTNQ: Brand = brand("RTNQ", "Rotanquil", Tier::Standard, Style::Letter('R'), 3001, true);
pub const FLTQ: Brand = brand("FLTQ", "Filtriquo", Tier::Standard, Style::Letter('F'), 1001, true);
pub const PURV: Brand = brand("PURV", "Purevanto", Tier::Premium, Style::Letter('P'), 2001, true);
pub const SPKW: Brand = brand("SPKW", "Sparkwenda", Tier::Standard, Style::Spaced, 4001, true);
pub const VLTM: Brand = brand("VLTM", "Voltumar", Tier::Standard, Style::Plain, 8001, false);
pub const LMZR: Brand = brand("LMZR", "Lumizarro", Tier::Standard, Style::Plain, 90_001, true);
pub const SSPN: Brand = brand("SSPN", "Suspenzo", Tier::Standard, Style::Letter('S'), 6001, true);
pub const GLSV: Brand = brand("GLSV", "Glasverno", Tier::Standard, Style::Letter('G'), 1001, false);
pub const SNSQ: Brand = brand("SNSQ", "Sensoquil", Tier::Premium, Style::Dashed, 20_001, true);
pub const RMNX: Brand = brand("RMNX", "Remanexo", Tier::Standard, Style::Remanufactured, 1001, false);
pub const KLVT: Brand = brand("KLVT", "Kolvanti", Tier::Standard, Style::Spaced, 30_001, true);
pub const EXLT: Brand = brand("EXLT", "Exhalto", Tier::Standard, Style::Letter('X'), 1001, false);
pub const HVXT: Brand = brand("HVXT", "Hivextra", Tier::Premium, Style::Dashed, 1001, true);
pub const WPRL: Brand = brand("WPRL", "Wiprello", Tier::Standard, Style::Letter('W'), 101, true);
pub const KTZR: Brand = brand("KTZR", "Kitzaro", Tier::Standard, Style::Letter('K'), 1001, false);
pub const DGTA: Brand = brand("DGTA", "Digitauro", Tier::Standard, Style::Letter('D'), 101, true);
pub const FSTZ: Brand = brand("FSTZ", "Fastenzio", Tier::Standard, Style::Plain, 500_001, true);

/// Makers whose numbers are known here as equivalents and whose parts are not sold: the vehicle makers' own, and two
/// competitors.
pub const OTHER_MAKERS: [&str; 3] = ["ORGN", "NRDX", "ALTV"];

/// Every brand that is sold.
pub const ALL: [Brand; 20] = [
    BRKX, HALT, ECNV, RTNQ, FLTQ, PURV, SPKW, VLTM, LMZR, SSPN, GLSV, SNSQ, RMNX, KLVT, EXLT, HVXT, WPRL, KTZR, DGTA,
    FSTZ,
];

impl Brand {
    /// The number `serial` as this brand writes it.
    pub fn number(&self, serial: u64) -> String {
        let (head, tail) = (serial / 100, serial % 100);
        match self.style {
            Style::Dashed => format!("{head}-{tail:02}"),
            Style::Letter(letter) => format!("{letter}{serial}"),
            Style::Spaced => format!("{head} {tail:02}"),
            Style::Remanufactured => format!("{head}.{tail:02}R"),
            Style::Plain => serial.to_string(),
        }
    }

    /// Our sku for its `number`: the code and the number without punctuation.
    pub fn sku(&self, number: &str) -> String {
        let digits: String = number.chars().filter(char::is_ascii_alphanumeric).collect();
        format!("{}-{digits}", self.code)
    }
}

impl Tier {
    /// Its prices in percent of the usual ones.
    pub fn price_percent(self) -> u64 {
        match self {
            Self::Economy => 70,
            Self::Standard => 100,
            Self::Premium => 135,
        }
    }

    /// Its grade as a replacement for a part of tier `other`, as the tables write it.
    pub fn grade_against(self, other: Self) -> &'static str {
        match self.cmp(&other) {
            std::cmp::Ordering::Less => "economy",
            std::cmp::Ordering::Equal => "equivalent",
            std::cmp::Ordering::Greater => "premium",
        }
    }
}
