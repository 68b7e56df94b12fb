//! A shop, its people and what it bought, for the tests of this module.

use super::claims::{Authority, Claims, DEFAULT_LIFE, Status, StatusPlace};
use super::evidence::{Fit, SoldLine, Subject, Verdict};
use super::register::{Approval, Crew, Registered, Shop, Standing, Technician, Tool};
use super::request::TokenRequest;
use super::ring::Ring;
use crate::catalog::part::Calibration;
use crate::time::Timestamp;

/// When the tests begin: 2026-11-21T12:00:00.000Z.
pub const BEGIN: i64 = 1_795_262_400_000;

pub fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// So many milliseconds after the tests begin.
pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(BEGIN + millis)
}

pub fn authority() -> Authority {
    let (issuer, audience) = ("https://parts.example".into(), "calibration".into());
    Authority { issuer, audience, ring: Ring::of(&[7; 32]) }
}

pub fn crew() -> Crew {
    Crew { shop: id("SH-1"), technician: id("T-1"), tool: id("D-1") }
}

/// What the registers say about [`crew`], who work for `shop-1`.
pub fn registered() -> Registered {
    let approval = Approval { standing: Standing::Approved, from: None, until: None };
    let Crew { shop, technician, tool } = crew();
    Registered {
        shop: Some(Shop { id: shop.clone(), name: "A shop".into(), accounts: vec![id("shop-1")], approval }),
        technician: Some(Technician { id: technician, name: "Sam".into(), shop: shop.clone(), approval }),
        tool: Some(Tool { id: tool, name: "A tool".into(), shop, approval }),
    }
}

pub fn subject(sku: &str, per_unit: u32) -> Subject {
    let calibration = Calibration { ecu: "ACC radar".into(), procedure: "radar-aim".into(), version: "1.0".into() };
    let fit = Fit { verdict: Verdict::Fits, warnings: vec![] };
    Subject { sku: id(sku), brand: id("RDRX"), number: id("RX-1"), per_unit, calibration, fit }
}

/// Line 0 of quote `q`: `committed` units of a radar, of which `returned` came back.
pub fn sold(committed: u32, returned: u32) -> SoldLine {
    SoldLine { quote: id("q"), line: 0, committed, returned, subjects: vec![subject("RADAR", 1)] }
}

pub fn request() -> TokenRequest {
    TokenRequest {
        quote: id("q"),
        line: 0,
        sku: None,
        vin: id("1HGCM82633A004352"),
        crew: crew(),
        part_serial: None,
        life: DEFAULT_LIFE,
    }
}

/// What a token says that [`request`] got from [`authority`] for the first unit.
pub fn claims() -> Claims {
    let iat = BEGIN / 1_000;
    let Subject { sku, brand, number, calibration, .. } = subject("RADAR", 1);
    let Crew { shop, technician, tool } = crew();
    let uri = authority().status_uri(&id("shop-1"), 0);
    Claims {
        jti: id("t_0"),
        iss: authority().issuer,
        aud: authority().audience,
        sub: id("shop-1"),
        iat,
        nbf: iat,
        exp: iat + DEFAULT_LIFE / 1_000,
        vin: request().vin,
        ecu: calibration.ecu,
        brand,
        number,
        sku,
        part_serial: None,
        shop,
        technician,
        tool,
        procedure: calibration.procedure,
        procedure_version: calibration.version,
        quote: id("q"),
        line: 0,
        max_uses: 1,
        status: Status { status_list: StatusPlace { idx: 0, uri } },
    }
}
