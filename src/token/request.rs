//! What a caller asks about tokens.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::claims::{DEFAULT_LIFE, MAX_LIFE, MIN_LIFE};
use super::jws::MAX_BYTES;
use super::record::Outcome;
use super::register::Crew;
use crate::catalog::vin::Vin;
use crate::id::{OpaqueId, RegisteredId, Sku};
use crate::input::{Fault, Faults, Fields, FromJson};

/// A request for a token, read and sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRequest {
    /// The quote on which the unit was sold.
    pub quote: OpaqueId,
    /// Its line.
    pub line: u16,
    /// Which part of a line that has several to calibrate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// The vehicle.
    pub vin: Vin,
    /// Who calibrates.
    pub crew: Crew,
    /// The unit's serial number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_serial: Option<String>,
    /// How long the token lives, in milliseconds, from [`MIN_LIFE`] to [`MAX_LIFE`].
    pub life: i64,
}

/// A token that a caller shows, to redeem it or to have it looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presentation {
    /// The token; whether it is one is yet to be seen.
    pub token: String,
    /// The vehicle it is shown for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vin: Option<Vin>,
    /// The tool it is shown for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<RegisteredId>,
    /// What came of the calibration; absent: the token is only looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

impl TokenRequest {
    /// Reads a request body, or names everything that is wrong with it.
    pub fn read(body: &Value) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut fields = Fields::of(body, "", &mut faults);
        let quote = fields.required("quote", &mut faults);
        let line = read_line(&mut fields, &mut faults);
        let sku = fields.optional("sku", &mut faults);
        let vin = fields.required("vin", &mut faults);
        let shop = fields.required("shop", &mut faults);
        let technician = fields.required("technician", &mut faults);
        let tool = fields.required("tool", &mut faults);
        let part_serial = fields.optional("part_serial", &mut faults);
        let lifetime = read_life(&mut fields, &mut faults);
        fields.finish(&mut faults);
        faults.or((|| {
            let crew = Crew { shop: shop?, technician: technician?, tool: tool? };
            Some(Self { quote: quote?, line: line?, sku, vin: vin?, crew, part_serial, life: lifetime })
        })())
    }
}

impl Presentation {
    /// Reads the body of a redemption, which names token, vehicle, tool and outcome.
    pub fn read_redemption(body: &Value) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut fields = Fields::of(body, "", &mut faults);
        let token = read_token(&mut fields, &mut faults);
        let vin: Option<Vin> = fields.required("vin", &mut faults);
        let tool: Option<RegisteredId> = fields.required("tool", &mut faults);
        let outcome: Option<Outcome> = fields.required("outcome", &mut faults);
        fields.finish(&mut faults);
        faults.or(token.map(|token| Self { token, vin, tool, outcome }))
    }

    /// Reads the body of a verification, which may name vehicle and tool.
    pub fn read_verification(body: &Value) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut fields = Fields::of(body, "", &mut faults);
        let token = read_token(&mut fields, &mut faults);
        let (vin, tool) = (fields.optional("vin", &mut faults), fields.optional("tool", &mut faults));
        fields.finish(&mut faults);
        faults.or(token.map(|token| Self { token, vin, tool, outcome: None }))
    }
}

/// Any text, so that what is no token is refused, and logged, by the desk. What is too long is cut, and still too long.
fn read_token(fields: &mut Fields, faults: &mut Faults) -> Option<String> {
    let Some(text) = fields.raw("token").and_then(Value::as_str) else {
        faults.add(fields.at("token"), "missing", "`token` is required: the token as it was issued");
        return None;
    };
    Some(text.chars().take(MAX_BYTES.saturating_add(1)).collect())
}

fn read_line(fields: &mut Fields, faults: &mut Faults) -> Option<u16> {
    let line = fields.required::<u32>("line", faults)?;
    let read = u16::try_from(line).ok();
    if read.is_none() {
        faults.add(fields.at("line"), "out_of_range", "a quote has no such line");
    }
    read
}

fn read_life(fields: &mut Fields, faults: &mut Faults) -> i64 {
    let Some(seconds) = fields.optional::<u32>("ttl_seconds", faults) else { return DEFAULT_LIFE };
    let life = i64::from(seconds).saturating_mul(1_000);
    if !(MIN_LIFE..=MAX_LIFE).contains(&life) {
        let (least, most) = (MIN_LIFE / 1_000, MAX_LIFE / 1_000);
        faults.add(fields.at("ttl_seconds"), "out_of_range", format!("a token lives {least} to {most} seconds"));
    }
    life
}

impl FromJson for Outcome {
    fn from_json(value: &Value) -> Result<Self, String> {
        match value.as_str() {
            Some("succeeded") => Ok(Self::Succeeded),
            Some("failed") => Ok(Self::Failed),
            _ => Err("expected `succeeded` or `failed`".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults<T: std::fmt::Debug>(read: Result<T, Vec<Fault>>) -> Vec<(String, &'static str)> {
        read.unwrap_err().into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    fn body() -> Value {
        json!({"quote": "q_1", "line": 0, "vin": "1HGCM82633A004352", "shop": "SH-1", "technician": "T-1", "tool": "D-1"})
    }

    #[test]
    fn a_request_lives_a_day_unless_it_says_otherwise() {
        assert_eq!(TokenRequest::read(&body()).unwrap().life, 86_400_000);
        for (seconds, sound) in [(599, false), (600, true), (2_592_000, true), (2_592_001, false), (u32::MAX, false)] {
            let mut body = body();
            body["ttl_seconds"] = seconds.into();
            assert_eq!(TokenRequest::read(&body).is_ok(), sound, "{seconds}");
        }
    }

    #[test]
    fn every_missing_field_is_named() {
        let missing = |name: &str| (format!("/{name}"), "missing");
        let names = ["quote", "line", "vin", "shop", "technician", "tool"];
        assert_eq!(faults(TokenRequest::read(&json!({}))), names.map(missing));
        let names = ["token", "vin", "tool", "outcome"];
        assert_eq!(faults(Presentation::read_redemption(&json!({}))), names.map(missing));
    }

    #[test]
    fn what_cannot_be_is_named() {
        let mut body = body();
        (body["line"], body["tool"], body["extra"]) = (65_536.into(), "a/b".into(), 1.into());
        let expected = [("/line", "out_of_range"), ("/tool", "invalid"), ("/extra", "unknown_field")];
        assert_eq!(faults(TokenRequest::read(&body)), expected.map(|(at, code)| (at.to_owned(), code)));
    }

    #[test]
    fn a_verification_needs_the_token_only_and_takes_any_text_for_one() {
        let shown = Presentation::read_verification(&json!({"token": "x".repeat(1_000_000)})).unwrap();
        assert_eq!((shown.token.len(), shown.outcome), (MAX_BYTES + 1, None));
        assert!(Presentation::read_verification(&json!({"token": 1})).is_err());
    }
}
