//! `/v1/vehicles`: what a VIN says, and what fits the vehicle.

use holdfast::access::Scope;
use holdfast::catalog::Reading;
use holdfast::catalog::fitment::Application;
use holdfast::catalog::vin::{Vehicle, Vin};
use holdfast::query::resolve::this_year;
use serde::Serialize;

use crate::edge::Edge;
use crate::parts::PartView;
use crate::problem::Problem;
use crate::wire::Answer;

/// The most applications of one answer.
const MAX_APPLICATIONS: usize = 200;

/// `GET /v1/vehicles/{vin}`
pub async fn vehicle(edge: &Edge<'_>, vin: &str) -> Result<Answer, Problem> {
    edge.caller(Scope::Query).await?;
    let vin = read(vin)?;
    let vehicle = edge.settle(|reading| reading.decode(&vin, this_year(edge.now))).await?;
    Ok(edge.ok(&vehicle))
}

/// `GET /v1/vehicles/{vin}/parts?part_type=&position=`: without a part type, the part types there are.
pub async fn parts(edge: &Edge<'_>, vin: &str) -> Result<Answer, Problem> {
    edge.caller(Scope::Query).await?;
    let vin = read(vin)?;
    let part_type = edge.parameters("part_type").find(|name| !name.is_empty());
    let position = edge.parameters("position").next();
    let found = edge.settle(|reading| find(&vin, part_type.as_deref(), position.as_deref(), edge, reading)).await?;
    #[derive(Serialize)]
    struct Fit<'a> {
        #[serde(flatten)]
        application: &'a Application,
        part: PartView<'a>,
    }
    #[derive(Serialize)]
    struct Body<'a> {
        vehicle: &'a Vehicle,
        part_types: &'a [String],
        parts: Vec<Fit<'a>>,
    }
    let fits = found.applications.iter().map(|(application, part)| Fit { application, part: PartView::of(part) });
    Ok(edge.ok(&Body { vehicle: &found.vehicle, part_types: &found.part_types, parts: fits.collect() }))
}

struct Found {
    vehicle: Vehicle,
    part_types: Vec<String>,
    applications: Vec<(Application, std::rc::Rc<holdfast::catalog::Part>)>,
}

fn find(vin: &Vin, part_type: Option<&str>, position: Option<&str>, edge: &Edge<'_>, reading: &Reading) -> Found {
    let vehicle = reading.decode(vin, this_year(edge.now));
    let keys = vehicle.keys();
    let Some(part_type) = part_type else {
        let known = keys.iter().filter_map(|key| reading.vehicle_parts(key));
        let part_types = known.flat_map(|parts| parts.part_types.clone()).collect();
        return Found { vehicle, part_types, applications: Vec::new() };
    };
    let fitments: Vec<_> = keys.iter().filter_map(|key| reading.fitment(key, part_type)).collect();
    let fitting = fitments.iter().flat_map(|fitment| fitment.at_position(position)).take(MAX_APPLICATIONS);
    let applications = fitting.filter_map(|a| Some((a.clone(), reading.part(&a.sku)?))).collect();
    Found { vehicle, part_types: fitments.iter().map(|fitment| fitment.part_type.clone()).collect(), applications }
}

fn read(vin: &str) -> Result<Vin, Problem> {
    vin.parse().map_err(|error: holdfast::catalog::vin::InvalidVin| Problem::invalid_field("/vin", error.to_string()))
}
