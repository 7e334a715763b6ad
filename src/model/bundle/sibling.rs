//! The same model in another precision: a bundle beside the named one.

use std::path::{Path, PathBuf};

use super::checked::{Bundle, Origin};
use super::manifest::MANIFEST_FILE;
use crate::error::{Error, Kind, Result};
use crate::model::precision::Precision;

/// Where a bundle beside an embedded one may lie.
const MODELS_FOLDER: &str = "models";

impl Bundle {
    /// The same model in another precision: the folder `<folder>-<precision>` beside the bundle's own (`<folder>` for fp32), or
    /// the embedded bundle or folder in `models/` of that name beside an embedded one.
    ///
    /// # Errors
    /// There is none (the error names the command that makes one); what is there is in another precision or another model;
    /// those of [`Bundle::open`].
    pub(in crate::model) fn sibling(&self, precision: Precision) -> Result<Self> {
        let (sibling, place) = match &self.origin {
            Origin::Folder(folder) => {
                let folder = folder.with_file_name(self.named(folder, precision));
                (beside(&folder)?, folder)
            }
            Origin::Embedded(embedded) => {
                let name = self.named(Path::new(embedded.name), precision);
                let folder = Path::new(MODELS_FOLDER).join(&name);
                let known = Self::embedded_names().contains(&name.as_str());
                (if known { Some(Self::embedded(&name)?) } else { beside(&folder)? }, folder)
            }
            Origin::Graph(_) => (None, PathBuf::new()),
        };
        let Some(sibling) = sibling else { return Err(self.no_sibling(precision, &place)) };
        let wrong = |problem: String| {
            let fix = "make it again from that bundle, or name the bundle that you mean with `model`";
            Err(Error::new(Kind::File, place.join(MANIFEST_FILE).display().to_string(), problem, fix))
        };
        if sibling.precision() != Some(precision) {
            let found = sibling.precision().map_or("unknown", Precision::name);
            return wrong(format!("was to have precision {precision}, and has {found}"));
        }
        if !self.manifest.fits(&sibling.manifest) {
            return wrong(format!("describes another model than {}", self.origin_name()));
        }
        Ok(sibling)
    }

    /// The name of a sibling; a suffix of this bundle's own precision goes.
    fn named(&self, folder: &Path, precision: Precision) -> String {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let own = self.precision().map_or_else(String::new, |own| format!("-{own}"));
        let base = name.strip_suffix(own.as_str()).unwrap_or(&name);
        match precision {
            Precision::Fp32 => base.to_owned(),
            lower => format!("{base}-{lower}"),
        }
    }

    fn no_sibling(&self, precision: Precision, place: &Path) -> Error {
        let place = place.display();
        let fix = match precision {
            Precision::Int8 => format!(
                "make it: `python -m askance_export.quantise {} --data DIR --out {place}` (export/README.md)",
                match &self.origin {
                    Origin::Embedded(embedded) => format!("{MODELS_FOLDER}/{}", embedded.name),
                    _ => self.origin_name(),
                }
            ),
            _ => format!(
                "export the model once more: `python -m askance_export ... --precision {precision} --out {place}`"
            ),
        };
        let problem = format!(
            "needs the bundle {place}, which is not there: {} is {}",
            self.name(),
            self.describe().precision
        );
        Error::setting("precision", precision, problem, fix)
    }
}

fn beside(folder: &Path) -> Result<Option<Bundle>> {
    folder.join(MANIFEST_FILE).is_file().then(|| Bundle::open(folder)).transpose()
}
