//! The vehicles: real models, spelled as vPIC spells them, with the years of each generation on the North American
//! market from 1996 on. Facts, not data of a licensed table. That vPIC (2026-03) knows each make and model in each of its
//! years was checked; where one generation ends and the next begins, cylinders and driver assistance were not.

use Body::{Compact, Performance, Sedan, Suv, Truck, Van};
use Powertrain::{Electric, Gas, GasOrElectric, GasOrHybrid, Hybrid};

/// A model of a make.
#[derive(Debug, Clone, Copy)]
pub struct Model {
    /// Make, such as `HONDA`.
    pub make: &'static str,
    /// Model, such as `Accord`.
    pub name: &'static str,
    /// Its size, which decides wiper lengths, battery groups and prices.
    pub body: Body,
    /// Its generations, oldest first.
    pub generations: &'static [Generation],
}

/// Model years over which a model kept its parts: first, last, powertrain, cylinders (0 for an electric car), first
/// model year with driver assistance that parts here must be calibrated for (0: none).
#[derive(Debug, Clone, Copy)]
pub struct Generation(pub u64, pub u64, pub Powertrain, pub u64, pub u64);

/// Size and kind of body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Body {
    Compact,
    Sedan,
    Suv,
    Truck,
    Van,
    Performance,
}

/// What drives the vehicles of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Powertrain {
    /// A combustion engine alone.
    Gas,
    /// A combustion engine, in some with a hybrid system.
    GasOrHybrid,
    /// A combustion engine in some, a battery alone in others of the same name.
    GasOrElectric,
    /// A hybrid system in all.
    Hybrid,
    /// A battery alone.
    Electric,
}

impl Powertrain {
    /// Whether any vehicle of the generation has a combustion engine.
    pub fn has_engine(self) -> bool {
        self != Electric
    }

    /// The condition under which an engine part fits, if not every vehicle of the generation has the engine it is for.
    pub fn engine_qualifier(self) -> &'static str {
        match self {
            GasOrElectric => "gasoline engine",
            Gas | GasOrHybrid | Hybrid | Electric => "",
        }
    }
}

const fn model(make: &'static str, name: &'static str, body: Body, generations: &'static [Generation]) -> Model {
    Model { make, name, body, generations }
}

use Generation as G;

/// Every model.
#[rustfmt::skip]
pub const MODELS: &[Model] = &[
    model("HONDA", "Accord", Sedan, &[G(1996, 1997, Gas, 4, 0), G(1998, 2002, Gas, 4, 0), G(2003, 2007, Gas, 4, 0), G(2008, 2012, Gas, 4, 0), G(2013, 2017, GasOrHybrid, 4, 2016), G(2018, 2022, GasOrHybrid, 4, 2018), G(2023, 2026, GasOrHybrid, 4, 2023)]),
    model("HONDA", "Civic", Compact, &[G(1996, 2000, Gas, 4, 0), G(2001, 2005, Gas, 4, 0), G(2006, 2011, Gas, 4, 0), G(2012, 2015, Gas, 4, 0), G(2016, 2021, Gas, 4, 2016), G(2022, 2026, GasOrHybrid, 4, 2022)]),
    model("HONDA", "CR-V", Suv, &[G(1997, 2001, Gas, 4, 0), G(2002, 2006, Gas, 4, 0), G(2007, 2011, Gas, 4, 0), G(2012, 2016, Gas, 4, 2015), G(2017, 2022, GasOrHybrid, 4, 2017), G(2023, 2026, GasOrHybrid, 4, 2023)]),
    model("HONDA", "Odyssey", Van, &[G(1999, 2004, Gas, 6, 0), G(2005, 2010, Gas, 6, 0), G(2011, 2017, Gas, 6, 0), G(2018, 2026, Gas, 6, 2018)]),
    model("HONDA", "Pilot", Suv, &[G(2003, 2008, Gas, 6, 0), G(2009, 2015, Gas, 6, 0), G(2016, 2022, Gas, 6, 2016), G(2023, 2026, Gas, 6, 2023)]),
    model("HONDA", "Insight", Compact, &[G(2000, 2006, Hybrid, 3, 0), G(2010, 2014, Hybrid, 4, 0), G(2019, 2022, Hybrid, 4, 2019)]),
    model("HONDA", "Fit", Compact, &[G(2007, 2008, Gas, 4, 0), G(2009, 2013, Gas, 4, 0), G(2015, 2020, Gas, 4, 2018)]),
    model("HONDA", "Prologue", Suv, &[G(2024, 2026, Electric, 0, 2024)]),
    model("TOYOTA", "Camry", Sedan, &[G(1997, 2001, Gas, 4, 0), G(2002, 2006, Gas, 4, 0), G(2007, 2011, GasOrHybrid, 4, 0), G(2012, 2017, GasOrHybrid, 4, 2015), G(2018, 2024, GasOrHybrid, 4, 2018), G(2025, 2026, Hybrid, 4, 2025)]),
    model("TOYOTA", "Corolla", Compact, &[G(1998, 2002, Gas, 4, 0), G(2003, 2008, Gas, 4, 0), G(2009, 2013, Gas, 4, 0), G(2014, 2019, Gas, 4, 2017), G(2020, 2026, GasOrHybrid, 4, 2020)]),
    model("TOYOTA", "RAV4", Suv, &[G(1996, 2000, Gas, 4, 0), G(2001, 2005, Gas, 4, 0), G(2006, 2012, Gas, 4, 0), G(2013, 2018, GasOrHybrid, 4, 2016), G(2019, 2025, GasOrHybrid, 4, 2019)]),
    model("TOYOTA", "Prius", Compact, &[G(2001, 2003, Hybrid, 4, 0), G(2004, 2009, Hybrid, 4, 0), G(2010, 2015, Hybrid, 4, 0), G(2016, 2022, Hybrid, 4, 2016), G(2023, 2026, Hybrid, 4, 2023)]),
    model("TOYOTA", "Tacoma", Truck, &[G(1996, 2004, Gas, 4, 0), G(2005, 2015, Gas, 6, 0), G(2016, 2023, Gas, 6, 2018), G(2024, 2026, GasOrHybrid, 4, 2024)]),
    model("TOYOTA", "Sienna", Van, &[G(1998, 2003, Gas, 6, 0), G(2004, 2010, Gas, 6, 0), G(2011, 2020, Gas, 6, 2018), G(2021, 2026, Hybrid, 4, 2021)]),
    model("TOYOTA", "Highlander", Suv, &[G(2001, 2007, Gas, 6, 0), G(2008, 2013, GasOrHybrid, 6, 0), G(2014, 2019, GasOrHybrid, 6, 2017), G(2020, 2026, GasOrHybrid, 4, 2020)]),
    model("TOYOTA", "bZ4X", Suv, &[G(2023, 2025, Electric, 0, 2023)]),
    model("FORD", "F-150", Truck, &[G(1997, 2003, Gas, 8, 0), G(2004, 2008, Gas, 8, 0), G(2009, 2014, Gas, 8, 0), G(2015, 2020, Gas, 6, 2015), G(2021, 2021, GasOrHybrid, 6, 2021), G(2022, 2025, GasOrElectric, 6, 2022)]),
    model("FORD", "Escape", Suv, &[G(2001, 2007, Gas, 6, 0), G(2008, 2012, Gas, 4, 0), G(2013, 2019, Gas, 4, 2017), G(2020, 2026, GasOrHybrid, 4, 2020)]),
    model("FORD", "Explorer", Suv, &[G(1996, 2001, Gas, 6, 0), G(2002, 2005, Gas, 6, 0), G(2006, 2010, Gas, 6, 0), G(2011, 2019, Gas, 6, 2013), G(2020, 2026, Gas, 4, 2020)]),
    model("FORD", "Focus", Compact, &[G(2000, 2007, Gas, 4, 0), G(2008, 2011, Gas, 4, 0), G(2012, 2018, GasOrElectric, 4, 0)]),
    model("FORD", "Fusion", Sedan, &[G(2006, 2009, Gas, 4, 0), G(2010, 2012, GasOrHybrid, 4, 0), G(2013, 2020, GasOrHybrid, 4, 2017)]),
    model("FORD", "Mustang", Performance, &[G(1996, 2004, Gas, 8, 0), G(2005, 2014, Gas, 8, 0), G(2015, 2023, Gas, 8, 2018), G(2024, 2026, Gas, 8, 2024)]),
    model("FORD", "Mustang Mach-E", Suv, &[G(2021, 2026, Electric, 0, 2021)]),
    model("FORD", "Taurus", Sedan, &[G(1996, 1999, Gas, 6, 0), G(2000, 2007, Gas, 6, 0), G(2008, 2009, Gas, 6, 0), G(2010, 2019, Gas, 6, 2013)]),
    model("CHEVROLET", "Silverado", Truck, &[G(1999, 2006, Gas, 8, 0), G(2007, 2013, Gas, 8, 0), G(2014, 2018, Gas, 8, 2016), G(2019, 2023, Gas, 8, 2019), G(2024, 2026, GasOrElectric, 8, 2024)]),
    model("CHEVROLET", "Malibu", Sedan, &[G(1997, 2003, Gas, 6, 0), G(2004, 2007, Gas, 4, 0), G(2008, 2012, Gas, 4, 0), G(2013, 2015, Gas, 4, 0), G(2016, 2025, Gas, 4, 2016)]),
    model("CHEVROLET", "Equinox", Suv, &[G(2005, 2009, Gas, 6, 0), G(2010, 2017, Gas, 4, 0), G(2018, 2023, Gas, 4, 2018), G(2024, 2026, GasOrElectric, 4, 2024)]),
    model("CHEVROLET", "Impala", Sedan, &[G(2000, 2005, Gas, 6, 0), G(2006, 2013, Gas, 6, 0), G(2014, 2020, Gas, 6, 2014)]),
    model("CHEVROLET", "Tahoe", Suv, &[G(1996, 1999, Gas, 8, 0), G(2000, 2006, Gas, 8, 0), G(2007, 2014, Gas, 8, 0), G(2015, 2020, Gas, 8, 2015), G(2021, 2026, Gas, 8, 2021)]),
    model("CHEVROLET", "Volt", Compact, &[G(2011, 2015, Hybrid, 4, 0), G(2016, 2019, Hybrid, 4, 2016)]),
    model("CHEVROLET", "Bolt EV", Compact, &[G(2017, 2021, Electric, 0, 2017), G(2022, 2023, Electric, 0, 2022)]),
    model("CHEVROLET", "Bolt EUV", Compact, &[G(2022, 2023, Electric, 0, 2022)]),
    model("NISSAN", "Altima", Sedan, &[G(1998, 2001, Gas, 4, 0), G(2002, 2006, Gas, 4, 0), G(2007, 2012, Gas, 4, 0), G(2013, 2018, Gas, 4, 2016), G(2019, 2025, Gas, 4, 2019)]),
    model("NISSAN", "Sentra", Compact, &[G(2000, 2006, Gas, 4, 0), G(2007, 2012, Gas, 4, 0), G(2013, 2019, Gas, 4, 2016), G(2020, 2025, Gas, 4, 2020)]),
    model("NISSAN", "Rogue", Suv, &[G(2008, 2013, Gas, 4, 0), G(2014, 2020, Gas, 4, 2016), G(2021, 2026, Gas, 3, 2021)]),
    model("NISSAN", "Frontier", Truck, &[G(1998, 2004, Gas, 4, 0), G(2005, 2021, Gas, 6, 0), G(2022, 2026, Gas, 6, 2022)]),
    model("NISSAN", "Leaf", Compact, &[G(2011, 2017, Electric, 0, 0), G(2018, 2025, Electric, 0, 2018)]),
    model("TESLA", "Model S", Sedan, &[G(2012, 2015, Electric, 0, 2015), G(2016, 2020, Electric, 0, 2016), G(2021, 2026, Electric, 0, 2021)]),
    model("TESLA", "Model 3", Sedan, &[G(2017, 2023, Electric, 0, 2017), G(2024, 2026, Electric, 0, 2024)]),
    model("TESLA", "Model X", Suv, &[G(2016, 2020, Electric, 0, 2016), G(2021, 2026, Electric, 0, 2021)]),
    model("TESLA", "Model Y", Suv, &[G(2020, 2024, Electric, 0, 2020), G(2025, 2026, Electric, 0, 2025)]),
    model("HYUNDAI", "Elantra", Compact, &[G(1996, 2000, Gas, 4, 0), G(2001, 2006, Gas, 4, 0), G(2007, 2010, Gas, 4, 0), G(2011, 2016, Gas, 4, 0), G(2017, 2020, Gas, 4, 2017), G(2021, 2026, GasOrHybrid, 4, 2021)]),
    model("HYUNDAI", "Sonata", Sedan, &[G(1999, 2005, Gas, 4, 0), G(2006, 2010, Gas, 4, 0), G(2011, 2014, GasOrHybrid, 4, 0), G(2015, 2019, GasOrHybrid, 4, 2015), G(2020, 2026, GasOrHybrid, 4, 2020)]),
    model("HYUNDAI", "Tucson", Suv, &[G(2005, 2009, Gas, 4, 0), G(2010, 2015, Gas, 4, 0), G(2016, 2021, Gas, 4, 2016), G(2022, 2026, GasOrHybrid, 4, 2022)]),
    model("HYUNDAI", "Ioniq 5", Suv, &[G(2022, 2026, Electric, 0, 2022)]),
    model("KIA", "Sorento", Suv, &[G(2003, 2009, Gas, 6, 0), G(2011, 2015, Gas, 4, 0), G(2016, 2020, Gas, 4, 2016), G(2021, 2026, GasOrHybrid, 4, 2021)]),
    model("KIA", "Optima", Sedan, &[G(2001, 2005, Gas, 4, 0), G(2006, 2010, Gas, 4, 0), G(2011, 2015, GasOrHybrid, 4, 0), G(2016, 2020, GasOrHybrid, 4, 2016)]),
    model("KIA", "EV6", Suv, &[G(2022, 2026, Electric, 0, 2022)]),
    model("SUBARU", "Outback", Suv, &[G(2005, 2009, Gas, 4, 0), G(2010, 2014, Gas, 4, 2013), G(2015, 2019, Gas, 4, 2015), G(2020, 2025, Gas, 4, 2020)]),
    model("SUBARU", "Forester", Suv, &[G(1998, 2002, Gas, 4, 0), G(2003, 2008, Gas, 4, 0), G(2009, 2013, Gas, 4, 0), G(2014, 2018, Gas, 4, 2014), G(2019, 2024, Gas, 4, 2019)]),
    model("MAZDA", "CX-5", Suv, &[G(2013, 2016, Gas, 4, 2014), G(2017, 2025, Gas, 4, 2017)]),
    model("MAZDA", "Mazda3", Compact, &[G(2004, 2009, Gas, 4, 0), G(2010, 2013, Gas, 4, 0), G(2014, 2018, Gas, 4, 2014), G(2019, 2026, Gas, 4, 2019)]),
    model("VOLKSWAGEN", "Jetta", Compact, &[G(1999, 2005, Gas, 4, 0), G(2006, 2010, Gas, 5, 0), G(2011, 2018, GasOrHybrid, 4, 2016), G(2019, 2026, Gas, 4, 2019)]),
    model("VOLKSWAGEN", "ID.4", Suv, &[G(2021, 2026, Electric, 0, 2021)]),
    model("BMW", "X5", Suv, &[G(2000, 2006, Gas, 6, 0), G(2007, 2013, Gas, 6, 0), G(2014, 2018, Gas, 6, 2014), G(2019, 2026, Gas, 6, 2019)]),
    model("AUDI", "A4", Sedan, &[G(1996, 2001, Gas, 4, 0), G(2002, 2008, Gas, 4, 0), G(2009, 2016, Gas, 4, 0), G(2017, 2025, Gas, 4, 2017)]),
    model("JEEP", "Grand Cherokee", Suv, &[G(1996, 1998, Gas, 6, 0), G(1999, 2004, Gas, 6, 0), G(2005, 2010, Gas, 6, 0), G(2011, 2021, Gas, 6, 2014), G(2022, 2025, Gas, 6, 2022)]),
    model("JEEP", "Wrangler", Suv, &[G(1997, 2006, Gas, 6, 0), G(2007, 2018, Gas, 6, 0), G(2019, 2026, Gas, 6, 2019)]),
    model("RAM", "1500", Truck, &[G(2013, 2018, Gas, 8, 0), G(2019, 2026, Gas, 8, 2019)]),
    model("VOLVO", "XC90", Suv, &[G(2003, 2014, Gas, 5, 0), G(2016, 2026, GasOrHybrid, 4, 2016)]),
    model("RIVIAN", "R1T", Truck, &[G(2022, 2026, Electric, 0, 2022)]),
];
