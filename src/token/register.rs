//! The registers: which shops, technicians and tools may calibrate, and until when. Records of the catalogue, so that the
//! edge has them at hand; a [desk](super::desk) can also suspend one on the spot.
//!
//! A technician works for one shop and a tool belongs to one. Approval says that the distributor knows them; it says
//! nothing about whose workshop it is.

use serde::{Deserialize, Serialize};

use super::reason::Reason;
use crate::id::{AccountId, RegisteredId};
use crate::time::Timestamp;

/// A shop; the value under [`crate::catalog::keys::shop`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shop {
    /// Its id.
    pub id: RegisteredId,
    /// Its name.
    pub name: String,
    /// The accounts that may act for it.
    pub accounts: Vec<AccountId>,
    /// Whether it may calibrate.
    pub approval: Approval,
}

/// A technician; the value under [`crate::catalog::keys::technician`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Technician {
    /// Their id.
    pub id: RegisteredId,
    /// Their name.
    pub name: String,
    /// The shop they work for.
    pub shop: RegisteredId,
    /// Whether they may calibrate.
    pub approval: Approval,
}

/// A diagnostic tool; the value under [`crate::catalog::keys::tool`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its id, such as its serial number.
    pub id: RegisteredId,
    /// Its make and model.
    pub name: String,
    /// The shop it belongs to.
    pub shop: RegisteredId,
    /// Whether it may be used.
    pub approval: Approval,
}

/// Whether somebody may, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Approved or not.
    pub standing: Standing,
    /// From when; absent: ever since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Until when; absent: until it is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Approved or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// May calibrate.
    Approved,
    /// May not, for now.
    Suspended,
}

/// Somebody or something in the registers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Party {
    /// Which register.
    pub kind: PartyKind,
    /// The id there.
    pub id: RegisteredId,
}

/// A register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// Of shops.
    Shop,
    /// Of technicians.
    Technician,
    /// Of tools.
    Tool,
}

/// Who is to calibrate, by the ids that a request or a token names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crew {
    /// The shop.
    pub shop: RegisteredId,
    /// The technician.
    pub technician: RegisteredId,
    /// The tool.
    pub tool: RegisteredId,
}

/// What the registers say about a crew; absent is what they do not know.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Registered {
    /// The shop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shop: Option<Shop>,
    /// The technician.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technician: Option<Technician>,
    /// The tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<Tool>,
}

impl Approval {
    /// Whether it holds at `now`: from its first moment on, and no longer at its last.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.standing == Standing::Approved
            && self.from.is_none_or(|from| from <= now)
            && self.until.is_none_or(|until| now < until)
    }
}

impl Crew {
    /// The three of them.
    pub fn parties(&self) -> [Party; 3] {
        [(PartyKind::Shop, &self.shop), (PartyKind::Technician, &self.technician), (PartyKind::Tool, &self.tool)]
            .map(|(kind, id)| Party { kind, id: id.clone() })
    }

    /// Whether this is one of them.
    pub fn has(&self, party: &Party) -> bool {
        party.id
            == *match party.kind {
                PartyKind::Shop => &self.shop,
                PartyKind::Technician => &self.technician,
                PartyKind::Tool => &self.tool,
            }
    }
}

impl Registered {
    /// Why this crew may not calibrate for `account` at `now`, if it may not. A shop of other accounts is as unknown as
    /// one that does not exist.
    pub fn objection(&self, crew: &Crew, account: &AccountId, now: Timestamp) -> Option<Reason> {
        let shop = self.shop.as_ref().filter(|shop| shop.id == crew.shop && shop.accounts.contains(account));
        let technician = self.technician.as_ref().filter(|technician| technician.id == crew.technician);
        let tool = self.tool.as_ref().filter(|tool| tool.id == crew.tool);
        let (shop, technician, tool) = match (shop, technician, tool) {
            (None, ..) => return Some(Reason::UnknownShop),
            (_, None, _) => return Some(Reason::UnknownTechnician),
            (.., None) => return Some(Reason::UnknownTool),
            (Some(shop), Some(technician), Some(tool)) => (shop, technician, tool),
        };
        [
            (technician.shop != shop.id, Reason::TechnicianOfAnotherShop),
            (tool.shop != shop.id, Reason::ToolOfAnotherShop),
            (!shop.approval.holds(now), Reason::ShopNotApproved),
            (!technician.approval.holds(now), Reason::TechnicianNotApproved),
            (!tool.approval.holds(now), Reason::ToolNotApproved),
        ]
        .into_iter()
        .find_map(|(objects, reason)| objects.then_some(reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::fixtures::{at, crew, registered};

    fn objection(change: impl FnOnce(&mut Registered)) -> Option<Reason> {
        let mut registered = registered();
        change(&mut registered);
        registered.objection(&crew(), &"shop-1".parse().unwrap(), at(0))
    }

    #[test]
    fn an_approved_crew_of_one_shop_may_calibrate() {
        assert_eq!(objection(|_| ()), None);
    }

    #[test]
    fn whoever_is_not_registered_is_named() {
        assert_eq!(objection(|r| r.shop = None), Some(Reason::UnknownShop));
        assert_eq!(objection(|r| r.technician = None), Some(Reason::UnknownTechnician));
        assert_eq!(objection(|r| r.tool = None), Some(Reason::UnknownTool));
        let another = || "another".parse().unwrap();
        assert_eq!(objection(|r| r.tool.as_mut().unwrap().id = another()), Some(Reason::UnknownTool));
    }

    #[test]
    fn a_shop_of_other_accounts_is_as_unknown_as_none() {
        let reason = objection(|r| r.shop.as_mut().unwrap().accounts = vec!["shop-2".parse().unwrap()]);
        assert_eq!(reason, Some(Reason::UnknownShop));
    }

    #[test]
    fn technician_and_tool_belong_to_the_shop() {
        let another = || "another".parse().unwrap();
        let reason = objection(|r| r.technician.as_mut().unwrap().shop = another());
        assert_eq!(reason, Some(Reason::TechnicianOfAnotherShop));
        assert_eq!(objection(|r| r.tool.as_mut().unwrap().shop = another()), Some(Reason::ToolOfAnotherShop));
    }

    #[test]
    fn whoever_is_suspended_is_named() {
        let suspended = Approval { standing: Standing::Suspended, from: None, until: None };
        assert_eq!(objection(|r| r.shop.as_mut().unwrap().approval = suspended), Some(Reason::ShopNotApproved));
        let reason = objection(|r| r.technician.as_mut().unwrap().approval = suspended);
        assert_eq!(reason, Some(Reason::TechnicianNotApproved));
        assert_eq!(objection(|r| r.tool.as_mut().unwrap().approval = suspended), Some(Reason::ToolNotApproved));
    }

    #[test]
    fn an_approval_holds_from_its_first_moment_until_before_its_last() {
        let approval = Approval { standing: Standing::Approved, from: Some(at(10)), until: Some(at(20)) };
        assert_eq!([9, 10, 19, 20].map(|ms| approval.holds(at(ms))), [false, true, true, false]);
    }
}
