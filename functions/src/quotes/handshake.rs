//! A commit, and the calibration tokens that go with it.

use holdfast::access::Scope;
use holdfast::catalog::part::Component;
use holdfast::digest::sha256_hex;
use holdfast::id::{OpaqueId, Quantity, Sku};
use holdfast::input::{Fault, Faults, Fields};
use holdfast::quote::call::{self, Ask, Idempotency};
use holdfast::quote::request::MAX_LINES;
use holdfast::quote::{Quote, QuoteState};
use holdfast::token::Reason;
use holdfast::token::call::Answer as DeskAnswer;
use holdfast::token::evidence::{Subject, Verdict};
use holdfast::token::request::{Handshake, TokenRequest};
use serde::Serialize;
use serde_json::Value;

use super::view::QuoteView;
use super::{answer_quote, ask};
use crate::auth::Caller;
use crate::authority;
use crate::edge::Edge;
use crate::problem::Problem;
use crate::providers::{self, CredentialView};
use crate::together::all;
use crate::tokens::{self, Issued};
use crate::wire::Answer;

/// The most tokens that one commit issues.
const MAX_TOKENS: u32 = 20;

/// What a commit asks for.
#[derive(Default)]
pub struct Order {
    /// Units by line; absent: all.
    lines: Option<Vec<(usize, u32)>>,
    /// For every unit that needs calibration, a token.
    tokens: Option<Handshake>,
}

/// A token that a commit brings: of a line, and for which part of it.
pub struct Wanted {
    line: u16,
    sku: Sku,
    units: u32,
}

impl Order {
    /// `{"lines": [{"line": 0, "quantity": 1}], "tokens": {"vin": …, "shop": …, "technician": …, "tool": …}}`, both
    /// optional. `at` is where the object stands in the body.
    pub fn read(body: &Value, at: &str) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut fields = Fields::of(body, at, &mut faults);
        let lines = lines_of(&mut fields, &mut faults);
        let handshake = fields.raw("tokens").map(|value| Handshake::read(value, fields.at("tokens"), &mut faults));
        fields.finish(&mut faults);
        faults.or(Some(Self { lines, tokens: handshake.flatten() }))
    }

    /// `{"lines": …}` alone.
    pub fn read_lines(body: &Value) -> Result<Option<Vec<(usize, u32)>>, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut fields = Fields::of(body, "", &mut faults);
        let lines = lines_of(&mut fields, &mut faults);
        fields.finish(&mut faults);
        faults.or(Some(lines))
    }

    /// Units of a line that has `held`.
    fn units(&self, line: usize, held: u32) -> u32 {
        match &self.lines {
            None => held,
            Some(lines) => lines.iter().filter(|(place, _)| *place == line).map(|(_, units)| *units).sum(),
        }
    }
}

fn lines_of(fields: &mut Fields, faults: &mut Faults) -> Option<Vec<(usize, u32)>> {
    let given = fields.raw("lines").is_some();
    let items = if given { fields.list("lines", 1, MAX_LINES, faults) } else { Vec::new() };
    let mut lines = Vec::with_capacity(items.len());
    for (at, item) in items {
        let mut fields = Fields::of(item, at, faults);
        let line = fields.required::<u32>("line", faults);
        let quantity = fields.required::<Quantity>("quantity", faults);
        fields.finish(faults);
        lines.extend(line.zip(quantity).map(|(line, quantity)| (line as usize, quantity.get())));
    }
    given.then_some(lines)
}

/// Commits a quote and issues the tokens of the order. What would refuse a token is looked at before anything is sold; a
/// token that is refused all the same is told in its place, and can be asked for again.
pub async fn commit(
    edge: &Edge<'_>,
    caller: &Caller,
    quote: OpaqueId,
    order: Order,
    idempotency: Idempotency,
    status: u16,
) -> Result<Answer, Problem> {
    let account = &caller.account;
    let mut wanted = Vec::new();
    if order.tokens.is_some() {
        let answer = ask(edge, account, Ask::Get { quote: quote.clone() }, None).await?;
        let call::Answer::Quote { quote, .. } = answer else { return answer_quote(edge, answer, status) };
        wanted = check(edge, caller, &order, lines(&quote, &order)).await?;
    }
    let ask_commit = Ask::Commit { quote, lines: order.lines };
    let answer = ask(edge, account, ask_commit, Some(idempotency.clone())).await?;
    let (call::Answer::Quote { quote, replayed }, Some(handshake)) = (&answer, order.tokens) else {
        return answer_quote(edge, answer, status);
    };
    let units = wanted.into_iter().flat_map(|of| (0..of.units).map(move |unit| (of.line, of.sku.clone(), unit)));
    let issued = all(units.map(|(line, sku, unit)| {
        let Handshake { vin, crew, life } = handshake.clone();
        let (quote_id, idempotency) = (quote.id.clone(), derived(&idempotency, &format!("{line}\n{sku}\n{unit}")));
        let request = TokenRequest { quote: quote_id, line, sku: Some(sku), vin, crew, part_serial: None, life };
        async move {
            let answer = tokens::issue_for(edge, account, request, Some(quote), idempotency).await?;
            let credential = match &answer {
                DeskAnswer::Done { token: Some(token), .. } => providers::obtain(edge, &account.id, token).await?,
                _ => None,
            };
            Ok::<_, Problem>((answer, credential))
        }
    }))
    .await;
    let issued = issued.into_iter().collect::<Result<Vec<_>, _>>()?;

    #[derive(Serialize)]
    #[serde(untagged)]
    enum Outcome<'a> {
        Issued(Issued<'a>),
        Refused { code: Reason, detail: &'a str },
    }
    #[derive(Serialize)]
    struct Body<'a> {
        #[serde(flatten)]
        quote: QuoteView<'a>,
        tokens: Vec<Outcome<'a>>,
    }
    let outcomes = issued.iter().filter_map(|(answer, credential)| match answer {
        DeskAnswer::Done { token: Some(token), .. } => {
            Some(match credential.as_ref().and_then(CredentialView::refusal) {
                Some(detail) => Outcome::Refused { code: Reason::ProviderRefused, detail },
                None => Outcome::Issued(Issued::of(token, credential.as_ref())),
            })
        }
        DeskAnswer::Refused { reason, detail, .. } => Some(Outcome::Refused { code: *reason, detail }),
        _ => None,
    });
    let body = Body { quote: QuoteView::of(quote, edge.now), tokens: outcomes.collect() };
    let answer = edge.json_status(status, &body).header("location", &format!("/v1/quotes/{}", quote.id));
    Ok(if *replayed { answer.header("idempotent-replayed", "true") } else { answer })
}

/// A line, of what one unit of it is made, and units to sell.
pub type Line<'a> = (&'a Sku, &'a [Component], u32);

/// The tokens that an order wants for the units of `lines`, or what refuses them: the deployment, the caller's key, the
/// crew, the vehicle.
pub async fn check(
    edge: &Edge<'_>,
    caller: &Caller,
    order: &Order,
    lines: Vec<Line<'_>>,
) -> Result<Vec<Wanted>, Problem> {
    let Some(handshake) = &order.tokens else { return Ok(Vec::new()) };
    authority::of(edge.env)?;
    if !caller.key.allows(Scope::Token) {
        return Err(Problem::forbidden("this key does not carry the scope `token`"));
    }
    let (subjects, registered) = edge
        .settle(|reading| {
            let subjects = |(sku, needs, _): &Line<'_>| Subject::of(sku, needs, &handshake.vin, edge.now, reading);
            (lines.iter().map(subjects).collect::<Vec<_>>(), reading.registered(&handshake.crew))
        })
        .await?;
    if let Some(reason) = registered.objection(&handshake.crew, &caller.account.id, edge.now) {
        return Err(tokens::refusal(reason, reason.to_string()));
    }
    providers::check(edge.env, subjects.iter().flatten())?;
    let mut wanted = Vec::new();
    for ((line, of), (sku, _, sold)) in (0_u16..).zip(subjects).zip(&lines) {
        if let Some(wrong) = of.iter().find(|subject| subject.fit.verdict == Verdict::Mismatch) {
            let detail =
                format!("line {line}: {} of {sku} does not fit {}; nothing was sold", wrong.sku, handshake.vin);
            return Err(tokens::refusal(Reason::VehicleMismatch, detail));
        }
        let units = |subject: Subject| {
            let units = sold.saturating_mul(subject.per_unit);
            Wanted { line, sku: subject.sku, units }
        };
        wanted.extend(of.into_iter().map(units));
    }
    let tokens = wanted.iter().fold(0_u32, |sum, of| sum.saturating_add(of.units));
    if tokens > MAX_TOKENS {
        let detail =
            format!("{tokens} units need a token, and a commit issues {MAX_TOKENS}: ask for each with POST /v1/tokens");
        return Err(Problem::invalid_field("/tokens", detail));
    }
    Ok(wanted)
}

/// The lines of a quote, with the units that the order sells or, when it is asked again, has sold.
fn lines<'a>(quote: &'a Quote, order: &Order) -> Vec<Line<'a>> {
    let sold = matches!(quote.state, QuoteState::Committed | QuoteState::Committing);
    let lines = quote.lines.iter().enumerate();
    lines
        .map(|(place, line)| {
            let units = if sold { line.committed } else { order.units(place, line.held) };
            (&line.sku, line.needs.as_slice(), units)
        })
        .collect()
}

/// The commit that follows on the call that opens a quote.
pub fn after(opening: &Idempotency) -> Idempotency {
    derived(opening, "commit")
}

/// A call that is part of another: asked again, it is the same again.
fn derived(from: &Idempotency, part: &str) -> Idempotency {
    let key = sha256_hex(format!("{}\n{part}", from.key).as_bytes());
    // Hexadecimal digits are always an id.
    Idempotency { key: key.parse().unwrap_or_else(|_| from.key.clone()), fingerprint: from.fingerprint.clone() }
}
