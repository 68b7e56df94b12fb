//! Parts that are there to show something: fixed skus that docs and tests may name, kits, and what is not physical.

use super::assortment::Assortment;
use super::brands::{BRKX, Brand, DGTA, GLSV, HALT, HVXT, KTZR, LMZR, RTNQ, SNSQ};
use super::demand::Demand;
use super::part::{Fit, Kind, Part, Pricing};
use super::vehicles::MODELS;

/// The family of the brake pads of the documentation: front, 2003 to 2007 Honda Accord.
const ACCORD_PADS: &str = "Brake Pad|front|HONDA Accord 2003";

/// The serial that a brand's part of a family must have, so that docs can name it: `BRKX` 44-10 and `HALT` 773-10 (whose
/// number another brand uses too).
pub fn fixed_serial(brand: &Brand, family: &str) -> Option<u64> {
    match (brand.code, family) {
        ("BRKX", ACCORD_PADS) => Some(4410),
        ("HALT", ACCORD_PADS) => Some(77_310),
        _ => None,
    }
}

/// The serials that a part of the documentation replaced, newest first.
pub fn predecessors_of(sku: &str) -> &'static [u64] {
    if sku == "BRKX-4410" { &[4404, 4398, 4390] } else { &[] }
}

/// Kits, digital parts and oddities.
pub fn specials(assortment: &Assortment) -> Vec<Part> {
    let mut parts = kits(assortment);
    parts.extend(digital());
    parts.extend(oddities());
    parts
}

/// A kit of front pads and rotors for every generation, and a four-wheel kit for those from 2016 on: the two share the
/// front parts.
fn kits(assortment: &Assortment) -> Vec<Part> {
    let mut kits = Vec::new();
    for model in MODELS {
        for generation in model.generations {
            let (from, to) = (generation.0, generation.1);
            let find = |brand, part_type, position| assortment.find(brand, part_type, position, model, from);
            let (Some(pads), Some(rotors)) = (find(&BRKX, "Brake Pad", "front"), find(&RTNQ, "Brake Rotor", "front"))
            else {
                continue;
            };
            let mut axles = vec![("front", vec![(pads, 1), (rotors, 2)])];
            if let (true, Some(rear_pads), Some(rear_rotors)) =
                (from >= 2016, find(&BRKX, "Brake Pad", "rear"), find(&RTNQ, "Brake Rotor", "rear"))
            {
                axles.push(("", vec![(pads, 1), (rotors, 2), (rear_pads, 1), (rear_rotors, 2)]));
            }
            for (position, components) in axles {
                let sold = |part: &Part| {
                    (part.life_cycle, part.supply) == ("active", "shelf") && part.pricing == Pricing::Full
                };
                if !components.iter().all(|(part, _)| sold(part)) {
                    continue;
                }
                let serial = KTZR.first_number + kits.len() as u64;
                let what = if position.is_empty() { "Brake Kit four wheels" } else { "Brake Kit front" };
                let name = format!("{what} - {} {} {from}-{to}", model.make, model.name);
                let mut kit = Part::new(KTZR, serial, "Brake Kit", name);
                kit.kind = Kind::Bundle;
                // Eight percent less than its components, to the cent.
                let sum: u64 = components.iter().map(|(part, units)| part.list * units).sum();
                kit.list = sum * 92 / 10_000 * 100;
                kit.components = components.into_iter().map(|(part, units)| (part.sku.clone(), units)).collect();
                kit.fits =
                    vec![Fit { make: model.make, model: model.name, from, to, position, quantity: 1, qualifier: "" }];
                kits.push(kit);
            }
        }
    }
    kits
}

/// Software, authorisations and subscriptions.
fn digital() -> Vec<Part> {
    let rows: [(&'static str, &str, &'static str, u64); 10] = [
        ("Calibration Authorization", "Calibration authorization - forward radar, one vehicle", "per_use", 490_000),
        ("Calibration Authorization", "Calibration authorization - forward camera, one vehicle", "per_use", 490_000),
        ("Calibration Authorization", "Calibration authorization - blind spot, one vehicle", "per_use", 390_000),
        ("Diagnostics Subscription", "Diagnostics subscription - one bay", "monthly", 890_000),
        ("Diagnostics Subscription", "Diagnostics subscription - one bay", "yearly", 9_490_000),
        ("Diagnostics Subscription", "Diagnostics subscription - high voltage systems", "monthly", 1_290_000),
        ("Repair Information", "Repair information - one vehicle, one day", "per_use", 190_000),
        ("Repair Information", "Repair information - all makes", "yearly", 14_990_000),
        ("Software Update", "Control unit software update - download", "", 290_000),
        ("Map Update", "Navigation map update - North America", "", 990_000),
    ];
    let part = |(serial, (part_type, description, billing, list)): (u64, (&'static str, &str, &'static str, u64))| {
        let mut part = Part::new(DGTA, serial, part_type, description.to_owned());
        part.kind = Kind::Digital;
        part.billing = billing;
        part.list = list;
        part.cost_percent = 20;
        part
    };
    (DGTA.first_number..).zip(rows).map(part).collect()
}

/// Parts at the edges of what a query can meet. Their serials lie outside those that the assortment gives out.
fn oddities() -> Vec<Part> {
    let fast = Some(Demand { permille: 600, sizes: [1, 1, 1, 2] });
    let mut bulb = Part::new(LMZR, 77_310, "Fog Light Bulb", "Fog Light Bulb H8 35 W - universal".to_owned());
    (bulb.list, bulb.demand, bulb.pack) = (149_500, fast, (2, 2));

    let mut unpriced = Part::new(GLSV, 900, "Windshield", "Windshield, show car - price on request".to_owned());
    unpriced.pricing = Pricing::None;

    let mut euro = Part::new(SNSQ, 900, "Radar Sensor", "Radar Sensor front, European market only".to_owned());
    (euro.list, euro.pricing) = (6_899_500, Pricing::EuroOnly);
    euro.calibration = Some(("ACC radar", "radar-static-aim"));

    let mut list_only = Part::new(BRKX, 4499, "Brake Grease", "Brake Grease 85 g tube".to_owned());
    (list_only.list, list_only.pricing, list_only.demand) = (79_500, Pricing::ListOnly, fast);
    list_only.pack = (6, 6);

    let mut made = Part::new(HVXT, 900, "High Voltage Cable", "High Voltage Cable Set - made to length".to_owned());
    (made.list, made.supply) = (3_299_500, "made_to_order");

    let mut gone = Part::new(HALT, 900, "Brake Pad", "Brake Pad front, racing - no replacement".to_owned());
    (gone.life_cycle, gone.pricing) = ("discontinued", Pricing::None);

    vec![bulb, unpriced, euro, list_only, made, gone]
}
