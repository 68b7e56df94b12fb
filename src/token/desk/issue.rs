//! Issuing: who, which part, which vehicle, and whether a unit is left.

use super::super::call::{Answer, Issue};
use super::super::claims::{Claims, MAX_LIFE, MIN_LIFE, Status, StatusPlace};
use super::super::event::{Act, Kind, TokenEvent};
use super::super::evidence::{SoldLine, Subject, Verdict};
use super::super::reason::Reason;
use super::super::record::{State, Token};
use super::super::request::TokenRequest;
use super::super::status;
use super::super::store::Store;
use super::{Turn, about, done};
use crate::id::OpaqueId;

impl<S: Store> Turn<'_, S> {
    pub(super) fn issue(&self, issue: Issue) -> Result<Answer, S::Error> {
        if let Some(known) = self.store.token(&issue.id)? {
            let entry = self.store.entries_of(&issue.id)?.into_iter().next().unwrap_or_default();
            return Ok(done(known, entry).again());
        }
        if self.authority.ring.signer(self.now).is_none() {
            return Ok(Answer::refused(Reason::TokensNotConfigured));
        }
        match self.judge(&issue)? {
            Ok(subject) => self.hand_out(issue.id, &issue.request, subject),
            Err(reason) => self.refuse(Act::Issue, reason, wanted(&issue.request)),
        }
    }

    /// The part to issue a token for, or why not.
    fn judge(&self, issue: &Issue) -> Result<Result<Subject, Reason>, S::Error> {
        let Issue { request, line, registered, .. } = issue;
        let named = |line: &&SoldLine| line.quote == request.quote && line.line == request.line;
        let Some(line) = line.as_ref().filter(named) else { return Ok(Err(Reason::NotFound)) };
        if let Some(reason) = registered.objection(&request.crew, self.account, self.now) {
            return Ok(Err(reason));
        }
        if let Some(reason) = self.suspension(&request.crew)? {
            return Ok(Err(reason));
        }
        let sold = self.sold(line)?;
        if sold == 0 {
            return Ok(Err(Reason::NotCommitted));
        }
        let subject = match choose(&line.subjects, request) {
            Ok(subject) => subject,
            Err(reason) => return Ok(Err(reason)),
        };
        if subject.fit.verdict == Verdict::Mismatch {
            return Ok(Err(Reason::VehicleMismatch));
        }
        let entitled = u64::from(sold).saturating_mul(subject.per_unit.into());
        let tokens = self.store.tokens_of(&line.quote, line.line)?;
        let counted = tokens.iter().filter(|token| token.claims.sku == subject.sku && token.counts(self.now));
        let left = u64::try_from(counted.count()).is_ok_and(|counted| counted < entitled);
        Ok(if left { Ok(subject.clone()) } else { Err(Reason::EntitlementExhausted) })
    }

    fn hand_out(&self, id: OpaqueId, request: &TokenRequest, subject: Subject) -> Result<Answer, S::Error> {
        let number = self.store.next_number()?;
        let (list, idx) = status::place_of(number);
        let iat = self.now.millis().div_euclid(1_000);
        let life = request.life.clamp(MIN_LIFE, MAX_LIFE).div_euclid(1_000);
        let crew = request.crew.clone();
        let claims = Claims {
            jti: id,
            iss: self.authority.issuer.clone(),
            aud: self.authority.audience.clone(),
            sub: self.account.clone(),
            iat,
            nbf: iat,
            exp: iat.saturating_add(life),
            vin: request.vin,
            ecu: subject.calibration.ecu,
            brand: subject.brand,
            number: subject.number,
            sku: subject.sku,
            part_serial: request.part_serial.clone(),
            shop: crew.shop,
            technician: crew.technician,
            tool: crew.tool,
            procedure: subject.calibration.procedure,
            procedure_version: subject.calibration.version,
            quote: request.quote.clone(),
            line: request.line,
            max_uses: 1,
            status: Status { status_list: StatusPlace { idx, uri: self.authority.status_uri(self.account, list) } },
        };
        let Some(jws) = self.authority.sign(&claims, self.now) else {
            return Ok(Answer::refused(Reason::TokensNotConfigured));
        };
        let warnings = subject.fit.warnings;
        let (per_unit, state, ended_at) = (subject.per_unit, State::Active, None);
        let token = Token { claims, number, per_unit, state, ended_at, warnings, jws };
        self.store.put_token(&token)?;
        let warnings = token.warnings.clone();
        let entry = self.log(TokenEvent { kind: Kind::TokenIssued, warnings, ..about(&token.claims) })?;
        Ok(done(token, entry))
    }
}

/// The part of a line that a request means.
fn choose<'a>(subjects: &'a [Subject], request: &TokenRequest) -> Result<&'a Subject, Reason> {
    match (subjects, &request.sku) {
        ([], _) => Err(Reason::CalibrationNotRequired),
        ([only], None) => Ok(only),
        (_, None) => Err(Reason::AmbiguousPart),
        (_, Some(sku)) => subjects.iter().find(|subject| subject.sku == *sku).ok_or(Reason::AmbiguousPart),
    }
}

/// What an entry about a request says.
fn wanted(request: &TokenRequest) -> TokenEvent {
    let request = request.clone();
    TokenEvent {
        line: Some(request.line),
        quote: Some(request.quote),
        shop: Some(request.crew.shop),
        sku: request.sku,
        technician: Some(request.crew.technician),
        tool: Some(request.crew.tool),
        vin: Some(request.vin),
        ..TokenEvent::default()
    }
}
