use functions::parts::PartView;
use functions::search::Page;
use holdfast::access::Scope;
use holdfast::catalog::PartNumber;
use holdfast::catalog::vin::{Vehicle, Vin};
use holdfast::id::Sku;
use holdfast::search::{MAX_FILTER_TEXT, MAX_PAGE, MAX_TEXT};
use serde_json::{Value, json};

use crate::answers::{PartsByNumber, VehicleParts};
use crate::operation::Operation;
use crate::schemas::Schemas;

pub fn operations(schemas: &mut Schemas) -> Vec<Operation> {
    let sku = schemas.request::<Sku>();
    let vin = schemas.request::<Vin>();
    vec![
        Operation::get("/v1/parts/{sku}", "getPart", "catalogue")
            .does("What a part is", "Prices are not here: they depend on who asks.")
            .scope(&[Scope::Query])
            .path("sku", "The part; write `/` as `%2F`.", sku)
            .answers(200, "The part.", &schemas.answer::<PartView>())
            .problems(&["not_found"]),
        Operation::get("/v1/parts", "findParts", "catalogue")
            .does("Which parts have a number or a bar code", "Other makers' numbers find our equivalents. When several parts share a number, all are told and none is guessed.")
            .scope(&[Scope::Query])
            .query("number", "A maker's number in any spelling. It or `gtin` is required.", schemas.request::<PartNumber>())
            .query("brand", "The brand's code or name.", json!({"type": "string", "examples": ["BRKX"]}))
            .query("gtin", "A bar code with a right check digit; goes before `number`.", json!({"type": "string", "pattern": "^(\\d{8}|\\d{12,14})$", "examples": ["2944737782885"]}))
            .answers(200, "Up to five parts.", &schemas.answer::<PartsByNumber>())
            .leads(200, "ThePart", "getPart", &json!({"sku": "$response.body#/parts/0/sku"}), None),
        Operation::get("/v1/search", "searchParts", "catalogue")
            .does(
                "Parts by words",
                "Description, brand, part type, numbers, specifications, vehicles. Typing errors are forgiven in words of letters, and the last word may be begun only. A specification narrows as `spec.NAME=VALUE`; at most eight filters.",
            )
            .scope(&[Scope::Query])
            .query("q", "At most eight words, in any order; it may be left out where a filter is given.", json!({"type": "string", "maxLength": MAX_TEXT, "examples": ["brake pad accord 2005"]}))
            .query("brand", "A brand's code or name.", filter("BRKX"))
            .query("part_type", "A part type's name; case and punctuation do not matter.", filter("brake pad"))
            .query("limit", "Parts of a page; 20 if not said.", json!({"type": "integer", "minimum": 1, "maximum": MAX_PAGE}))
            .query("cursor", "Where the page begins: the `cursor` of the one before.", json!({"type": "string", "pattern": r"^[^.]+\.[0-9]{1,3}$"}))
            .answers(200, "The best first.", &schemas.answer::<Page>())
            .problems(&["not_found", "unavailable"])
            .leads(200, "ThePart", "getPart", &json!({"sku": "$response.body#/parts/0/sku"}), None),
        Operation::get("/v1/vehicles/{vin}", "getVehicle", "catalogue")
            .does("What a VIN says", "What is `null` is not known. A doubtful VIN is answered, with `warnings`.")
            .scope(&[Scope::Query])
            .path("vin", "The vehicle.", vin.clone())
            .answers(200, "The vehicle.", &schemas.answer::<Vehicle>())
            .problems(&["invalid_request"])
            .leads(200, "ItsParts", "getVehicleParts", &json!({"vin": "$response.body#/vin"}), None),
        Operation::get("/v1/vehicles/{vin}/parts", "getVehicleParts", "catalogue")
            .does("What fits a vehicle", "Without a part type, the part types there are.")
            .scope(&[Scope::Query])
            .path("vin", "The vehicle.", vin)
            .query("part_type", "The part type's name; case and punctuation do not matter.", json!({"type": "string", "examples": ["brake pad"]}))
            .query("position", "Where on the vehicle: `front` finds `front left`.", json!({"type": "string"}))
            .answers(200, "What fits.", &schemas.answer::<VehicleParts>()),
    ]
}

/// A value that a search is narrowed by.
fn filter(example: &str) -> Value {
    json!({"type": "string", "pattern": "[A-Za-z0-9]", "maxLength": MAX_FILTER_TEXT, "examples": [example]})
}
