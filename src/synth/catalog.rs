//! The two worlds: which categories and which defects each has.

use super::defects::{self, Kind};
use super::dice::Dice;
use super::objects::{discs, fasteners, long, printed, tools};
use super::scene::Scene;
use super::textures::{mineral, pattern, sheet, wood, woven};
use super::world::{CategoryInfo, World};
use crate::error::{Error, Result};

/// A category with the function that makes its parts.
pub(super) struct Entry {
    pub info: CategoryInfo,
    pub build: fn(&mut Dice) -> Scene,
}

const fn texture(name: &'static str, build: fn(&mut Dice) -> Scene) -> Entry {
    Entry { info: CategoryInfo { name, is_texture: true, rotation_invariant: false }, build }
}

/// A category of textures without a direction.
const fn isotropic(name: &'static str, build: fn(&mut Dice) -> Scene) -> Entry {
    Entry { info: CategoryInfo { name, is_texture: true, rotation_invariant: true }, build }
}

const fn object(name: &'static str, build: fn(&mut Dice) -> Scene) -> Entry {
    Entry { info: CategoryInfo { name, is_texture: false, rotation_invariant: false }, build }
}

/// A category of objects that are shown at any angle.
const fn round(name: &'static str, build: fn(&mut Dice) -> Scene) -> Entry {
    Entry { info: CategoryInfo { name, is_texture: false, rotation_invariant: true }, build }
}

const TRAIN: &[Entry] = &[
    texture("linen", woven::linen),
    texture("knit", woven::knit),
    texture("corduroy", woven::corduroy),
    texture("carpet", woven::carpet),
    texture("wicker", woven::wicker),
    texture("brick", mineral::brick),
    texture("tile", mineral::tile),
    texture("marble", mineral::marble),
    isotropic("terrazzo", mineral::terrazzo),
    isotropic("concrete", mineral::concrete),
    isotropic("gravel", mineral::gravel),
    isotropic("cork", mineral::cork),
    texture("oak", wood::oak),
    texture("cardboard", wood::cardboard),
    texture("mesh", sheet::mesh),
    texture("brushed_steel", sheet::brushed_steel),
    texture("rubber_mat", sheet::rubber_mat),
    texture("honeycomb", pattern::honeycomb),
    texture("polka_dots", pattern::polka_dots),
    texture("tweed", pattern::tweed),
    texture("lattice", pattern::lattice),
    round("washer", discs::washer),
    round("gear", discs::gear),
    round("bearing", discs::bearing),
    object("coin", discs::coin),
    object("bottle_cap", discs::bottle_cap),
    round("button", discs::button),
    round("plate", discs::plate),
    object("biscuit", discs::biscuit),
    object("capsule", long::capsule),
    object("pencil", long::pencil),
    object("bolt", fasteners::bolt),
    object("ruler", long::ruler),
    object("circuit_chip", printed::circuit_chip),
    object("domino", printed::domino),
];

const TEST: &[Entry] = &[
    texture("twill", woven::twill),
    texture("parquet", wood::parquet),
    texture("slate", mineral::slate),
    texture("perforated_sheet", sheet::perforated_sheet),
    texture("leather", mineral::leather),
    object("hex_nut", fasteners::hex_nut),
    object("tablet", printed::tablet),
    object("battery", long::battery),
    object("key", tools::key),
    object("wrench", tools::wrench),
];

const fn infos<const N: usize>(entries: &[Entry]) -> [CategoryInfo; N] {
    let mut out = [CategoryInfo { name: "", is_texture: false, rotation_invariant: false }; N];
    let mut i = 0;
    while i < N {
        out[i] = entries[i].info;
        i += 1;
    }
    out
}

const fn names<const N: usize>(kinds: &[Kind]) -> [&'static str; N] {
    let mut out = [""; N];
    let mut i = 0;
    while i < N {
        out[i] = kinds[i].name;
        i += 1;
    }
    out
}

pub(super) static TRAIN_INFO: [CategoryInfo; TRAIN.len()] = infos(TRAIN);
pub(super) static TEST_INFO: [CategoryInfo; TEST.len()] = infos(TEST);
pub(super) static TRAIN_KINDS: [&str; defects::TRAIN.len()] = names(defects::TRAIN);
pub(super) static TEST_KINDS: [&str; defects::TEST.len()] = names(defects::TEST);

pub(super) fn entry(world: World, category: &str) -> Option<&'static Entry> {
    let list = match world {
        World::Train => TRAIN,
        World::Test => TEST,
    };
    list.iter().find(|e| e.info.name == category)
}

/// The kinds of defects that a category of a world can have.
pub(super) fn kinds(world: World, texture: bool) -> Vec<&'static Kind> {
    let list = match world {
        World::Train => defects::TRAIN,
        World::Test => defects::TEST,
    };
    list.iter().filter(|k| k.fits(texture)).collect()
}

/// The categories of a world.
pub fn categories(world: World) -> &'static [CategoryInfo] {
    match world {
        World::Train => &TRAIN_INFO,
        World::Test => &TEST_INFO,
    }
}

/// The kinds of defects of a world.
pub fn defect_kinds(world: World) -> &'static [&'static str] {
    match world {
        World::Train => &TRAIN_KINDS,
        World::Test => &TEST_KINDS,
    }
}

/// The category of a world by its name, or a usage error that lists all names.
pub(super) fn find(world: World, category: &str) -> Result<&'static Entry> {
    entry(world, category).ok_or_else(|| {
        let names: Vec<&str> = categories(world).iter().map(|info| info.name).collect();
        Error::usage(
            category,
            format!("is not a category of the {world} world"),
            format!("use one of {}", names.join(", ")),
        )
    })
}
