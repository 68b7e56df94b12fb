//! The parts of the vehicles: slots × vehicles become families (vehicles that share one part), families × brands parts.

use std::collections::BTreeMap;

use super::brands::{Brand, OTHER_MAKERS, Tier};
use super::demand::Demand;
use super::part::{Fit, Part, Pricing};
use super::random::Random;
use super::slots::{Needs, SLOTS, Shared, Slot, price_percent};
use super::specials::fixed_serial;
use super::vehicles::{Body, Generation, MODELS, Model};

/// A slot and the vehicles that share one part for it.
#[derive(Debug)]
pub struct Family {
    slot: &'static Slot,
    /// What tells it from the slot's other families.
    key: String,
    body: Body,
    fits: Vec<Fit>,
}

/// Every part that is made for vehicles, with what it replaced.
#[derive(Debug, Default)]
pub struct Assortment {
    /// In the order of the tables.
    pub parts: Vec<Part>,
    /// Next number of each brand.
    serials: BTreeMap<&'static str, u64>,
    /// Where the part of a brand in a family is: for kits.
    places: BTreeMap<(&'static str, String), usize>,
}

impl Assortment {
    /// The whole assortment under `seed`.
    pub fn new(seed: u64) -> Self {
        let mut assortment = Self::default();
        for (index, family) in (0..).zip(families()) {
            assortment.add_family(seed, index, &family);
        }
        assortment
    }

    /// The part of `brand` for a slot of one generation of a model.
    pub fn find(&self, brand: &Brand, part_type: &str, position: &str, model: &Model, from: u64) -> Option<&Part> {
        let key = family_key(part_type, position, &format!("{} {} {from}", model.make, model.name));
        self.places.get(&(brand.code, key)).and_then(|place| self.parts.get(*place))
    }

    fn next_serial(&mut self, brand: &Brand, step: u64) -> u64 {
        let next = self.serials.entry(brand.code).or_insert(brand.first_number);
        *next += step;
        *next - step
    }

    fn add_family(&mut self, seed: u64, index: u64, family: &Family) {
        let first = self.parts.len();
        for brand in family.slot.brands {
            let mut random = Random::new(seed, &format!("{} {}", brand.code, family.key));
            let serial = match fixed_serial(brand, &family.key) {
                Some(serial) => serial,
                None => self.next_serial(brand, random.between(1, 3)),
            };
            let part = family.part(brand, serial, &mut random);
            self.places.insert((brand.code, family.key.clone()), self.parts.len());
            self.parts.push(part);
        }
        self.cross_reference(seed, index, family, first);
        for place in first..self.parts.len() {
            self.add_predecessors(seed, place);
        }
    }

    /// Interchange among the family's own parts, and other makers' numbers for them.
    fn cross_reference(&mut self, seed: u64, index: u64, family: &Family, first: usize) {
        let mut random = Random::new(seed, &family.key);
        let ours: Vec<(String, Brand)> =
            self.parts.iter().skip(first).map(|part| (part.sku.clone(), part.brand)).collect();
        let original = format!("{:05}-{:03}", 10_000 + index, random.between(0, 999));
        let shared = fixed_serial(&super::brands::BRKX, &family.key).is_some() || random.chance(30);
        for (place, part) in self.parts.iter_mut().skip(first).enumerate() {
            part.interchange = ours
                .iter()
                .filter(|(sku, _)| *sku != part.sku)
                .map(|(sku, brand)| (sku.clone(), 1, brand.tier.grade_against(part.brand.tier)))
                .collect();
            let [vehicle_maker, competitor, discounter] = OTHER_MAKERS;
            if place == 0 || (shared && place == 1) {
                part.other_numbers.push((vehicle_maker, original.clone(), 1, "original"));
            }
            if random.chance(300) {
                // Some makers sell by the pair what we sell singly.
                let quantity = if family.slot.quantity(1) == 2 && random.chance(100) { 2 } else { 1 };
                part.other_numbers.push((competitor, format!("N{}{place}", 40_000 + index), quantity, "equivalent"));
            }
            if random.chance(100) {
                part.other_numbers.push((discounter, format!("AV-{}-{place}", 7000 + index), 1, "premium"));
            }
        }
    }

    /// Six parts in a hundred replaced an earlier one of the same brand, some of which replaced another.
    fn add_predecessors(&mut self, seed: u64, place: usize) {
        let Some(living) = self.parts.get(place).cloned() else { return };
        let mut random = Random::new(seed, &format!("predecessors {}", living.sku));
        let fixed = super::specials::predecessors_of(&living.sku);
        if living.life_cycle != "active" || (fixed.is_empty() && !random.chance(60)) {
            return;
        }
        let length = random.weighted(&[(1, 6), (2, 3), (3, 1)], 1);
        let serials: Vec<u64> = match fixed {
            [] => (0..length).map(|_| self.next_serial(&living.brand, 1)).collect(),
            fixed => fixed.to_vec(),
        };
        let mut successor = living.sku.clone();
        for (age, serial) in serials.into_iter().enumerate() {
            let mut old = Part::new(living.brand, serial, living.part_type, living.description.clone());
            old.superseded_by = Some(std::mem::replace(&mut successor, old.sku.clone()));
            old.attributes.clone_from(&living.attributes);
            if age == 0 && random.chance(500) {
                old.life_cycle = "phasing_out";
                old.list = living.list;
                old.pricing = Pricing::ListOnly;
                old.demand = Some(Demand { permille: 40, sizes: [1; 4] });
            } else {
                old.life_cycle = "discontinued";
                old.pricing = Pricing::None;
            }
            self.parts.push(old);
        }
    }
}

impl Family {
    fn part(&self, brand: &Brand, serial: u64, random: &mut Random) -> Part {
        let slot = self.slot;
        let mut part = Part::new(*brand, serial, slot.part_type, self.description());
        let percent = price_percent(self.body) * brand.tier.price_percent() * random.between(85, 120);
        part.list = tagged(slot.list_cents * percent / 1_000_000);
        // Three parts in a hundred are bought so dear that a margin floor shows.
        part.cost_percent = if random.chance(30) { 66 } else { random.between(44, 52) };
        part.attributes = attributes(slot.part_type, brand.tier, random);
        part.core = (slot.core_cents > 0).then(|| (slot.core_cents * 100, 45));
        part.pack = pack(slot.part_type);
        part.calibration = match slot.part_type {
            "Radar Sensor" => Some(("ACC radar", "radar-static-aim")),
            "Front Camera" => Some(("Forward camera", "camera-dynamic")),
            "Windshield with Camera Bracket" => Some(("Forward camera", "camera-static-target")),
            "Blind Spot Sensor" => Some(("Blind spot module", "bsm-static")),
            _ => None,
        };
        if random.chance(30) {
            part.former_numbers = format!("{}A", part.number);
        }
        part.fits.clone_from(&self.fits);
        let demand = Demand::draw(random, slot.fast_percent);
        let (rare, plain) = (demand.permille < 100, fixed_serial(brand, &self.key).is_none());
        match random.below(1000) {
            0..25 if rare && plain && self.last_year() <= 2012 => {
                part.life_cycle = "discontinued";
                part.pricing = Pricing::None;
            }
            25..75 if rare && plain && slot.fast_percent <= 20 => part.supply = "made_to_order",
            75..105 if rare && plain && slot.fast_percent <= 50 => part.supply = "quick_ship",
            105..110 if plain => {
                part.pricing = Pricing::None;
                part.demand = Some(demand);
            }
            _ if plain => part.demand = Some(demand),
            // The parts that docs name are in stock where docs say so.
            _ => part.demand = Some(Demand { permille: 600, sizes: [4, 4, 4, 8] }),
        }
        part
    }

    fn description(&self) -> String {
        let slot = self.slot;
        let position = if slot.position.is_empty() { String::new() } else { format!(" {}", slot.position) };
        let models: std::collections::BTreeSet<&str> = self.fits.iter().map(|fit| fit.model).collect();
        let Some(first) = self.fits.first() else { return slot.part_type.to_owned() };
        let vehicle = match (slot.shared, models.len()) {
            (Shared::BySize, _) => format!("{:?} vehicles", self.body),
            (_, 1) => format!("{} {} {}-{}", first.make, first.model, first.from, self.last_year()),
            (_, others) => format!("{} {} and {} more", first.make, first.model, others - 1),
        };
        format!("{}{position} - {vehicle}", slot.part_type)
    }

    fn last_year(&self) -> u64 {
        self.fits.iter().map(|fit| fit.to).max().unwrap_or_default()
    }
}

/// The families of all slots, in the order of the slots and then of the vehicles.
fn families() -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for slot in SLOTS {
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for model in MODELS {
            for generation in model.generations {
                let Some((from, qualifier)) = slot.on(generation, model.make) else { continue };
                let key = family_key(slot.part_type, slot.position, &vehicles_key(slot, model, generation));
                let place = *places.entry(key.clone()).or_insert_with(|| {
                    families.push(Family { slot, key, body: model.body, fits: Vec::new() });
                    families.len() - 1
                });
                let fit = Fit {
                    make: model.make,
                    model: model.name,
                    from,
                    to: generation.1,
                    position: slot.position,
                    quantity: slot.quantity(generation.3),
                    qualifier,
                };
                if let Some(family) = families.get_mut(place) {
                    family.fits.push(fit);
                }
            }
        }
    }
    families
}

/// The name of a family: its slot and the vehicles.
pub fn family_key(part_type: &str, position: &str, vehicles: &str) -> String {
    format!("{part_type}|{position}|{vehicles}")
}

fn vehicles_key(slot: &Slot, model: &Model, generation: &Generation) -> String {
    let Generation(from, _, powertrain, cylinders, _) = *generation;
    // Vehicles share parts while their makers kept a design: eight years here.
    let era = (from - 1996) / 8;
    match slot.shared {
        Shared::No => format!("{} {} {from}", model.make, model.name),
        Shared::ByMake if matches!(slot.needs, Needs::Engine | Needs::PlainEngine) => {
            format!("{} {cylinders} cylinders {era}", model.make)
        }
        Shared::ByMake => format!("{} {:?} {era}", model.make, model.body),
        Shared::BySize => {
            let variant = Random::new(0, model.name).below(2);
            format!("{:?} {variant} {era} {}", model.body, powertrain.has_engine())
        }
    }
}

/// `cents` as a price tag, in ten-thousandths: whole dollars and `.95`; below five dollars the cents and half a cent.
fn tagged(cents: u64) -> u64 {
    if cents < 500 { cents * 100 + 50 } else { (cents / 100 * 100 + 95) * 100 }
}

fn pack(part_type: &str) -> (u64, u64) {
    match part_type {
        "Wheel Lug Nut" => (4, 4),
        "Spark Plug" | "Headlight Bulb" => (2, 2),
        _ => (1, 1),
    }
}

fn attributes(part_type: &str, tier: Tier, random: &mut Random) -> String {
    match part_type {
        "Brake Pad" => match tier {
            Tier::Economy => "material=organic".into(),
            Tier::Standard => "material=semi-metallic;hardware=included".into(),
            Tier::Premium => "material=ceramic;hardware=included;wear_sensor=included".into(),
        },
        "Brake Rotor" => format!("diameter_mm={};finish=coated", 256 + 4 * random.below(30)),
        "Wiper Blade" => format!("length_mm={};mount=hook", 400 + 25 * random.below(12)),
        "Battery" => format!("voltage=12;cold_cranking_amps={}", 450 + 10 * random.below(40)),
        "Spark Plug" => format!("thread=M14x1.25;gap_mm=1.{};electrode=iridium", random.below(2)),
        "Wheel Lug Nut" => "thread=M12x1.5;seat=conical".into(),
        "Oil Filter" => format!("thread=M20x1.5;height_mm={}", 65 + random.below(40)),
        "Headlight Bulb" => "base=H11;watts=55".into(),
        "Radar Sensor" => "band_ghz=77".into(),
        "Hybrid Battery Pack" => "chemistry=NiMH;remanufactured=true".into(),
        _ => String::new(),
    }
}
