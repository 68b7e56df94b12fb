//! A part of the demonstration before it is written: everything that the tables say about one sku.

use super::brands::Brand;
use super::demand::Demand;

/// One sku and all its rows. Prices are in ten-thousandths of a dollar.
#[derive(Debug, Clone)]
pub struct Part {
    pub sku: String,
    pub brand: Brand,
    pub number: String,
    pub description: String,
    pub part_type: &'static str,
    pub kind: Kind,
    pub life_cycle: &'static str,
    pub supply: &'static str,
    /// Smallest quantity and multiple.
    pub pack: (u64, u64),
    /// Deposit and the days to return the old unit.
    pub core: Option<(u64, u64)>,
    pub gtin: String,
    pub billing: &'static str,
    /// `name=value;…`
    pub attributes: String,
    pub former_numbers: String,
    /// List price; what every other price is derived from. 0: it has none.
    pub list: u64,
    /// What it costs in percent of list.
    pub cost_percent: u64,
    pub pricing: Pricing,
    /// ECU and procedure.
    pub calibration: Option<(&'static str, &'static str)>,
    pub fits: Vec<Fit>,
    /// Other makers' brand, number, quantity of ours and grade.
    pub other_numbers: Vec<(&'static str, String, u64, &'static str)>,
    /// Our other sku, quantity and grade.
    pub interchange: Vec<(String, u64, &'static str)>,
    pub superseded_by: Option<String>,
    /// What a bundle is made of.
    pub components: Vec<(String, u64)>,
    /// How it sells; `None` for what is not stocked.
    pub demand: Option<Demand>,
}

/// What kind of thing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Physical,
    Digital,
    Bundle,
}

/// On which sheets it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pricing {
    /// List, retail, jobber and distributor, and what chance adds.
    Full,
    /// List only.
    ListOnly,
    /// The sheet in euro only.
    EuroOnly,
    /// None: price on request, or no longer sold.
    None,
}

/// The vehicles of one row of `fitment.csv`.
#[derive(Debug, Clone)]
pub struct Fit {
    pub make: &'static str,
    pub model: &'static str,
    pub from: u64,
    pub to: u64,
    pub position: &'static str,
    pub quantity: u64,
    pub qualifier: &'static str,
}

impl Kind {
    /// As `parts.csv` writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Physical => "physical",
            Self::Digital => "digital",
            Self::Bundle => "bundle",
        }
    }
}

impl Part {
    /// A physical part on the shelf, not yet priced, fitted or stocked.
    pub fn new(brand: Brand, serial: u64, part_type: &'static str, description: String) -> Self {
        let number = brand.number(serial);
        let sku = brand.sku(&number);
        Self {
            gtin: gtin(&sku),
            sku,
            brand,
            number,
            description,
            part_type,
            kind: Kind::Physical,
            life_cycle: "active",
            supply: "shelf",
            pack: (1, 1),
            core: None,
            billing: "",
            attributes: String::new(),
            former_numbers: String::new(),
            list: 0,
            cost_percent: 48,
            pricing: Pricing::Full,
            calibration: None,
            fits: Vec::new(),
            other_numbers: Vec::new(),
            interchange: Vec::new(),
            superseded_by: None,
            components: Vec::new(),
            demand: None,
        }
    }

    /// Applications it stands for: one for each model year.
    pub fn applications(&self) -> u64 {
        self.fits.iter().map(|fit| fit.to - fit.from + 1).sum()
    }
}

/// A GTIN-13 that no product on the market has: GS1 keeps prefixes 200 to 299 for use within a company. The ten digits
/// after the prefix are the sku's hash.
fn gtin(sku: &str) -> String {
    let body = 290_000_000_000 + holdfast::id::fnv1a(sku.as_bytes()) % 10_000_000_000;
    format!("{body}{}", check_digit(body))
}

/// The check digit of a twelve-digit GTIN body (GS1 General Specifications, 7.9): weights 3 and 1 from the right.
pub fn check_digit(body: u64) -> u64 {
    let (mut rest, mut sum, mut weight) = (body, 0, 3);
    while rest > 0 {
        sum += rest % 10 * weight;
        rest /= 10;
        weight = 4 - weight;
    }
    (10 - sum % 10) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_that_of_the_published_example() {
        // GS1's example for GTIN-13: 629104150021 has check digit 3.
        assert_eq!(check_digit(629_104_150_021), 3);
    }
}
