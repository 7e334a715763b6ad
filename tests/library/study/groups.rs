//! Groups by columns of the user's.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use askance::dataset::Layout;
use askance::metric::drop_above_chance;
use askance::record::{Grouping, OperatingRow, RunDir, RunInfo, read_rows};
use askance::stats::distinct;
use askance::study::{Data, GroupBy, Merge, Outcome, Plan, Quiet, Source};
use askance::types::{Attack, Axis, Over};
use tempfile::TempDir;

use super::{fake, mask, part, refusal};

const SCENES: u32 = 9;
const HUE: Attack = Attack::Single(Axis::Hue);

/// Nine scenes of good and of defective parts, each under two lamps; under the second the square lies elsewhere. A part has a batch of
/// three scenes, a picture a number, and one an operator.
fn listed(root: &Path) {
    let mut list = "category,split,image,mask,scene,condition,lamp,batch,number,operator,empty\n".to_owned();
    let mut number = 0;
    for scene in 0..SCENES {
        for (lamp, moved) in [("warm", 0), ("cold new", 1)] {
            let stem = format!("{scene}_{moved}");
            part(&root.join(format!("good/{stem}.png")), (scene == 4).then_some(11 + moved));
            part(&root.join(format!("cut/{stem}.png")), Some(scene + moved));
            mask(&root.join(format!("masks/{stem}.png")), scene);
            let batch = scene / 3;
            for (image, mask) in [("good", ""), ("cut", "masks")] {
                let mask = if mask.is_empty() { String::new() } else { format!("masks/{stem}.png") };
                let operator = if number == 5 { "Ada" } else { "" };
                writeln!(
                    list,
                    "can,test,{image}/{stem}.png,{mask},{scene},{lamp},{lamp},{batch},{number},{operator},"
                )
                .unwrap();
                number += 1;
            }
        }
    }
    fs::write(root.join("manifest.csv"), list).unwrap();
}

struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        listed(&folder.path().join("data"));
        Self { folder }
    }

    fn source(&self) -> Source {
        Source::new(self.folder.path().join("data"))
    }

    fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, plan: Plan, out: &str) -> Outcome {
        let data = Data::open(&self.source(), &Quiet).unwrap();
        plan.check().unwrap().run(self.out(out), &data, &mut fake(), &Quiet).unwrap()
    }
}

fn plan() -> Plan {
    Plan::attack().axes([Axis::Hue]).attacks([HUE]).budget(4)
}

fn by(columns: &[&str]) -> Vec<GroupBy> {
    columns.iter().map(|column| column.parse().unwrap()).collect()
}

fn column(name: &str) -> Grouping {
    Grouping::Column(name.to_owned())
}

fn of<'r>(rows: &'r [OperatingRow], grouping: &Grouping, group: &str, attack: Attack) -> &'r OperatingRow {
    let is = |row: &&OperatingRow| {
        row.over != Over::Mean
            && (&row.grouping, row.attack) == (grouping, attack)
            && row.group.as_deref() == Some(group)
    };
    rows.iter().find(is).expect("the row is there")
}

#[test]
fn a_value_of_a_column_is_measured_and_compared_as_a_condition_is() {
    let bench = Bench::new();
    let plan = plan().reference_condition("warm").group_by(by(&["lamp=warm", "batch", "operator"]));
    let rows = bench.run(plan, "run").operating;
    for attack in [Attack::Clean, HUE] {
        for lamp in ["warm", "cold new"] {
            let (own, known) =
                (of(&rows, &column("lamp"), lamp, attack), of(&rows, &Grouping::Condition, lamp, attack));
            assert_eq!(OperatingRow { grouping: Grouping::Condition, ..own.clone() }, *known);
        }
        for batch in ["0", "1", "2"] {
            let row = of(&rows, &column("batch"), batch, attack);
            assert_eq!((row.normal, row.anomalous), (6, 6));
            assert_eq!(
                (row.compared.reference.as_deref(), row.compared.pixel_auroc_difference),
                (None, None)
            );
        }
        // A cell may be empty: the picture is in no group of the column.
        let ada = of(&rows, &column("operator"), "Ada", attack);
        assert_eq!((ada.normal, ada.anomalous), (0, 1));
    }
    let cold = of(&rows, &column("lamp"), "cold new", HUE);
    assert_eq!((cold.compared.reference.as_deref(), cold.compared.scenes), (Some("warm"), Some(18)));
    assert!(cold.pixel_auroc_difference_interval().is_some());
    let groupings: Vec<String> = distinct(rows.iter().map(|row| row.grouping.to_string()));
    assert_eq!(groupings, ["all", "size", "condition", "column:lamp", "column:batch", "column:operator"]);
    // The mean over categories has them too.
    assert!(rows.iter().any(|row| row.over == Over::Mean && row.grouping == column("lamp")));
}

#[test]
fn a_group_falls_from_where_it_was_itself_in_the_same_draws() {
    let bench = Bench::new();
    let rows = bench.run(plan().group_by(by(&["lamp"])), "run").operating;
    for lamp in ["warm", "cold new"] {
        let (clean, worst) =
            (of(&rows, &column("lamp"), lamp, Attack::Clean), of(&rows, &column("lamp"), lamp, HUE));
        let (before, after) = (clean.curves.pixel_auroc.unwrap(), worst.curves.pixel_auroc.unwrap());
        let drop = worst.drops.pixel_auroc_drop.unwrap();
        assert_eq!(drop, before - after);
        assert_eq!(worst.curves.pixel_auroc_drop_share, drop_above_chance(before, after, 0.5));
        let ends = worst.drops.pixel_auroc_interval().unwrap();
        assert!(ends.low <= drop && drop <= ends.high && ends.low < ends.high, "{drop} {ends:?}");
        assert_eq!(clean.drops, Default::default());
    }
    // Nine scenes have an interval, three have none.
    let rows = bench.run(plan().group_by(by(&["batch"])), "run").operating;
    let few = of(&rows, &column("batch"), "1", HUE);
    assert!(few.drops.pixel_auroc_drop.is_some() && few.drops.pixel_auroc_interval().is_none());
}

#[test]
fn other_columns_for_the_same_folder_write_the_groups_anew_and_a_merge_keeps_them() {
    let bench = Bench::new();
    let first = bench.run(plan().group_by(by(&["batch"])), "run");
    let again = bench.run(plan().group_by(by(&["lamp=warm"])), "run");
    assert_eq!(again.clock.evaluations, 0);
    let written: Vec<OperatingRow> = read_rows(again.dir.operating_path()).unwrap();
    let has = |rows: &[OperatingRow], name: &str| rows.iter().any(|row| row.grouping == column(name));
    assert!(has(&written, "lamp") && !has(&written, "batch") && has(&first.operating, "batch"));
    let info = RunInfo::read(again.dir.info_path()).unwrap();
    assert_eq!(info.settings["points"]["group_by"], toml::Value::from(vec!["lamp=warm"]));

    let shards: Vec<PathBuf> = ["1/2", "2/2"]
        .iter()
        .enumerate()
        .map(|(at, shard)| {
            let name = format!("shard-{at}");
            bench.run(plan().group_by(by(&["lamp=warm"])).shard(shard.parse().unwrap()), &name);
            bench.out(&name)
        })
        .collect();
    let merge = Merge { shards, ..Merge::default() };
    let merged = merge.run(bench.out("merged"), &Quiet).unwrap();
    let bytes = |dir: &RunDir| fs::read(dir.operating_path()).unwrap();
    assert_eq!(bytes(&merged.dir), bytes(&again.dir));
    // A list that lost the column meanwhile is told, and does not merge to fewer groups.
    let list = bench.folder.path().join("data/manifest.csv");
    fs::write(&list, fs::read_to_string(&list).unwrap().replacen("lamp", "light", 1)).unwrap();
    let error = refusal(merge.run(bench.out("other"), &Quiet));
    assert!(error.problem.contains("batch, light, number, operator"), "{error}");
}

#[test]
fn columns_that_make_no_groups_are_refused() {
    let bench = Bench::new();
    let data = Data::open(&bench.source(), &Quiet).unwrap();
    let refused =
        |data: &Data, columns: &[&str]| refusal(plan().group_by(by(columns)).check().unwrap().suits(data));
    for (columns, said) in [
        (&["lmap"][..], "they have batch, lamp, number, operator"),
        (&["empty"], "in which anything stands"),
        (&["number"], "has 36 values for 36 pictures"),
        (&["lamp", "lamp=warm"], "twice"),
        (&["condition"], "conditions have their rows anyway"),
        (&["image"], "names files"),
        (&["lamp=hot"], "it has cold new, warm"),
    ] {
        let error = refused(&data, columns);
        assert!(error.problem.contains(said) && error.subject.contains("group_by"), "{error}");
    }
    assert!(refused(&data, &["lmap"]).fix.starts_with("did you mean lamp?"));
    assert!(refused(&data, &["condition=warm"]).fix.contains("`reference_condition`"));
    // Two pictures of each label are a trial.
    let few = Data::open(&bench.source().limit(2), &Quiet).unwrap();
    plan().group_by(by(&["number"])).check().unwrap().suits(&few).unwrap();
    let unlabelled = Data::open(&bench.source().layout(Layout::Unlabelled), &Quiet);
    let error = refused(&unlabelled.unwrap(), &["lamp"]);
    assert!(error.problem.contains("no ground truth"), "{error}");
}

#[test]
fn a_list_with_a_column_twice_is_refused() {
    let bench = Bench::new();
    let list = bench.folder.path().join("data/manifest.csv");
    fs::write(&list, fs::read_to_string(&list).unwrap().replacen("batch", "lamp", 1)).unwrap();
    let error = refusal(Data::open(&bench.source(), &Quiet));
    assert!(error.problem.contains("the column `lamp` twice"), "{error}");
}
