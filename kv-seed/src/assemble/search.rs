//! The search index.

use holdfast::search::Sizes;

use crate::error::Error;
use crate::import::Import;

/// Writes `search/…` if the import says which parts there are. Whether it says so of all parts, the target shows.
pub fn write(import: &mut Import) -> Result<(), Error> {
    let builder = std::mem::take(&mut import.search);
    if builder.is_empty() || !import.kinds.contains("part") {
        return Ok(());
    }
    import.report.console().start("indexing for search", 0);
    let stage = &import.stage;
    // A segment is far smaller than a value may be.
    builder.finish(Sizes::default(), &mut |key, text| stage.put(key, &text).map(|_| ()))?;
    import.decides_about(&["search"]);
    import.report.console().finish();
    Ok(())
}
