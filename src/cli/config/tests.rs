use std::collections::BTreeMap;

use askance::attack::{Border, Select, Settings};
use askance::metric::{AuproMode, MetricOptions, ThresholdRule};
use askance::model::Bundle;
use askance::perturb::{Fill, Resampling, Rotation};
use askance::prompt::PromptSet;
use askance::record::{BatchInfo, DatasetInfo, DefenceInfo, ModelInfo, ProviderInfo};
use askance::study::{Command, Points, Random, Replayed, Scope, Sweep, Tolerance, Uniform, Work};
use askance::types::{Attack, Axis, Blend, Bounds, Fit, Fitting, Frame, Glare, Interval, TileScore};
use tempfile::TempDir;

use super::super::args;
use super::super::runs::attack_plan;
use super::super::wording::in_flags;
use super::*;

/// A record in which nothing has its usual value, of a run with two models and two defences.
fn full() -> RunSettings {
    RunSettings {
        command: Command::Attack,
        prompts: PromptSet::builtin("common21"),
        temperature: Some(0.05),
        underscores_to_spaces: true,
        stride: 2,
        metric: MetricOptions { fpr_limit: 0.1, aupro: AuproMode::Thresholds200 },
        points: Points {
            threshold: ThresholdRule::Deviations(-2.5),
            reference: Some("dark".into()),
            group_by: vec!["lamp=warm".parse().unwrap()],
        },
        shard: Some("2/3".parse().unwrap()),
        work: Work {
            settings: Settings {
                attacks: vec![Attack::Clean, Attack::Single(Axis::Angle), Attack::Joint],
                axes: vec![Axis::Angle, Axis::Blur],
                bounds: Bounds::default()
                    .with(Axis::Angle, Interval { low: -1.5, high: 0.1 })
                    .with(Axis::Blur, Interval { low: 0.0, high: 0.3 }),
                fit: Fitting {
                    fit: Fit::Tile,
                    tile_size: Some(100),
                    tile_overlap: 0.25,
                    tile_blend: Blend::Hann,
                    tile_score: TileScore::Max,
                },
                perturb: Resampling {
                    rotation: Rotation::ThreePass,
                    fill: Fill::Zeros,
                    glare: Glare { x: 0.1, y: 0.75, size: 0.3 },
                },
                map_rotation: Rotation::ThreePass,
                frame: Frame::RotatedMask,
                loss_frame: Some(Frame::Derotated),
                border: Border::Ignore,
                loss: "dice".parse().unwrap(),
                select: Select::Loss,
                search: "sobol".parse().unwrap(),
                budget: 12,
                adaptive: true,
                seed: 7,
            },
            sweep: None,
            tolerance: Some(Tolerance {
                axes: vec![Axis::Hue, Axis::Glare],
                decision: Some(-0.25),
                steps: 9,
            }),
            uniform: Some(Uniform { scopes: vec![Scope::Category, Scope::Dataset], budget: 8 }),
            random: Some(Random { draws: 300, decision: Some(-0.25), certify: Some(0.01) }),
            replay: None,
            start_from_sha256: Some("00".into()),
        },
    }
}

fn info(settings: &RunSettings) -> RunInfo {
    let model = |defence: &str| ModelInfo {
        name: if defence.is_empty() { "pocket".into() } else { format!("pocket+{defence}") },
        bundle_sha256: Bundle::embedded("pocket").unwrap().hash(),
        defence: (!defence.is_empty())
            .then(|| DefenceInfo { name: defence.into(), pictures_per_evaluation: 1 }),
        batch: Some(BatchInfo { requested: "auto".into(), used: 3 }),
        ..ModelInfo::default()
    };
    let options =
        [("precision.requested", "fp32"), ("cuda.use_tf32", "1"), ("session.disable_cpu_ep_fallback", "1")];
    let options = options.map(|(name, value)| (name.to_owned(), value.into()));
    RunInfo {
        save_maps: true,
        models: vec![model(""), model("grey-world+rotate:4")],
        provider: ProviderInfo {
            requested: "cuda:1".into(),
            active: "cuda:1".into(),
            options: options.into_iter().collect(),
        },
        dataset: DatasetInfo {
            name: "line 3".into(),
            root: "data/of a line".into(),
            layout: "mvtec-ad".into(),
            categories: vec!["-screw".into(), "tablet".into()],
            limit: Some(4),
            condition_pattern: Some(r"(?<condition>\w+)=\d".into()),
            ..DatasetInfo::default()
        },
        skipped: vec![askance::record::Skipped { sample: "a/b/c".into(), reason: "torn".into() }],
        ..RunInfo::start("", None, 7, askance::record::to_table(settings).unwrap())
    }
}

/// A record in a folder of its own.
fn written(info: &RunInfo) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("run.toml");
    info.write(&file).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (folder, file)
}

/// What becomes of a command that takes up a record, with more flags.
fn taken_up(info: &RunInfo, command: &str, flags: &str) -> Result<Cli> {
    let (_folder, file) = written(info);
    let line = ["askance", command, "--config", &file];
    let line = line.into_iter().chain(flags.split_whitespace()).map(OsString::from);
    match parse(line) {
        Parsed::Arguments(cli) => Ok(*cli),
        Parsed::Failed(error) => Err(error),
        Parsed::Said(error) => panic!("{error}"),
    }
}

fn words(info: &RunInfo, command: &str, flags: &str) -> Vec<String> {
    taken_up(info, command, flags).unwrap().global.recalled.unwrap().words
}

fn refused(info: &RunInfo, command: &str, flags: &str) -> String {
    taken_up(info, command, flags).unwrap_err().to_string()
}

fn attack_args(cli: Cli) -> args::AttackArgs {
    match cli.command {
        args::Command::Attack(args) => args,
        other => panic!("{other:?}"),
    }
}

/// Every key of a table and of those in it.
fn keys(prefix: &str, table: &toml::Table) -> Vec<String> {
    let below = |(key, value): (&String, &toml::Value)| match value {
        toml::Value::Table(table) => keys(&format!("{prefix}{key}."), table),
        _ => vec![format!("{prefix}{key}")],
    };
    table.iter().flat_map(below).collect()
}

#[test]
fn every_setting_of_a_record_is_a_flag_or_left_out_for_a_reason() {
    /// Settings, and the word that each becomes; of a table that becomes one word the name of the table.
    const SETTINGS: [(&str, &str); 50] = [
        ("adaptive", "--adaptive"),
        ("attacks", "--attacks=clean,angle,joint"),
        ("axes", "--axes=angle,blur"),
        ("border", "--border=ignore"),
        ("bounds.angle_deg.high", "--bounds=angle=-1.5,0.1"),
        ("bounds.angle_deg.low", "--bounds=angle=-1.5,0.1"),
        ("bounds.blur_px.high", "--bounds=blur=0,0.3"),
        ("bounds.blur_px.low", "--bounds=blur=0,0.3"),
        ("budget", "--budget=12"),
        ("command", "the command itself"),
        ("fit.fit", "--fit=tile"),
        ("fit.tile_blend", "--tile-blend=hann"),
        ("fit.tile_overlap", "--tile-overlap=0.25"),
        ("fit.tile_score", "--tile-score=max"),
        ("fit.tile_size", "--tile-size=100"),
        ("frame", "--frame=rotated-mask"),
        ("loss", "--loss=dice"),
        ("loss_frame", "--loss-frame=derotated"),
        ("map_rotation", "--map-rotation=three-pass"),
        ("metric.aupro", "--aupro=thresholds-200"),
        ("metric.fpr_limit", "--fpr-limit=0.1"),
        ("perturb.fill", "--fill=zeros"),
        ("perturb.glare.size", "--glare-size=0.3"),
        ("perturb.glare.x", "--glare-at=0.1,0.75"),
        ("perturb.glare.y", "--glare-at=0.1,0.75"),
        ("perturb.rotation", "--rotation=three-pass"),
        ("points.group_by", "--group-by=lamp=warm"),
        ("points.reference", "--reference-condition=dark"),
        ("points.threshold", "--threshold=mean+-2.5sd"),
        ("prompts.anomalous", "--prompts=common21"),
        ("prompts.name", "--prompts=common21"),
        ("prompts.normal", "--prompts=common21"),
        ("prompts.templates", "--prompts=common21"),
        ("random.certify", "--certify=0.01"),
        ("random.decision", "--decision=-0.25"),
        ("random.draws", "--random=300"),
        ("search", "--search=sobol"),
        ("seed", "--seed=7"),
        ("select", "--select=loss"),
        ("shard", "left out: what is repeated is the whole work"),
        ("start_from_sha256", "of the folder that --start-from names"),
        ("stride", "--stride=2"),
        ("temperature", "--temperature=0.05"),
        ("tolerance.axes", "--tolerance=hue,glare"),
        ("tolerance.decision", "--decision=-0.25"),
        ("tolerance.steps", "--tolerance-steps=9"),
        ("underscores_to_spaces", "--spaces"),
        ("uniform.budget", "--uniform-budget=8"),
        ("uniform.scopes", "--uniform=category,dataset"),
        ("bounds.*", "left out: the usual ones, of axes that nothing changes"),
    ];
    let info = info(&full());
    let words = words(&info, "attack", "--start-from other");
    let settings = BTreeMap::from(SETTINGS);
    for key in keys("", &info.settings) {
        let word = settings.get(key.as_str()).or(key.strip_prefix("bounds.").map(|_| &settings["bounds.*"]));
        let word = word.unwrap_or_else(|| panic!("nobody says what becomes of {key}"));
        assert!(
            !word.starts_with("--") || words.iter().any(|other| other == word),
            "{key}: {word}, {words:?}"
        );
    }
    let beside = [
        "--data=data/of a line",
        "--name=line 3",
        "--layout=mvtec-ad",
        "--category=-screw,tablet",
        "--limit=4",
        r"--condition-pattern=(?<condition>\w+)=\d",
        "--skip-bad",
        "--model=pocket",
        "--defence=none",
        "--defence=grey-world,rotate:4",
        "--provider=cuda:1",
        "--precision=fp32",
        "--strict-ep",
        "--tf32",
        "--batch=auto",
        "--save-maps",
    ];
    for word in beside {
        assert!(words.iter().any(|other| other == word), "{word}: {words:?}");
    }
    let flags: std::collections::BTreeSet<&str> =
        settings.values().copied().chain(beside).filter(|word| word.starts_with("--")).collect();
    assert_eq!(words.len(), flags.len(), "{words:?}");
}

#[test]
fn a_sweep_has_its_axes_and_steps_and_nothing_of_a_search() {
    let mut settings = full();
    (settings.command, settings.points, settings.shard) = (Command::Sweep, Points::default(), None);
    let work = &mut settings.work;
    (work.settings.attacks, work.settings.budget) = (Vec::new(), 1);
    work.sweep = Some(Sweep { axes: work.settings.axes.clone(), steps: 5 });
    (work.tolerance, work.uniform, work.random, work.start_from_sha256) = (None, None, None, None);
    let info = RunInfo { save_maps: false, ..info(&settings) };
    let said = words(&info, "sweep", "");
    for word in ["--axes=angle,blur", "--steps=5", "--border=ignore"] {
        assert!(said.iter().any(|other| other == word), "{said:?}");
    }
    assert!(!said.iter().any(|word| word.starts_with("--budget") || word.starts_with("--seed")), "{said:?}");
    let said = words(&info, "sweep", "--axes hue");
    assert!(
        !said.iter().any(|word| word.starts_with("--bounds") || word.starts_with("--border")),
        "{said:?}"
    );
}

/// The settings of an attack by its command line.
fn settings_of(args: &args::AttackArgs) -> Settings {
    attack_plan(args).unwrap().check().unwrap().settings().clone()
}

#[test]
fn an_attack_that_is_taken_up_has_the_settings_that_it_had() {
    for line in [
        "",
        "--axes angle,hue --attacks joint --search exhaustive",
        "--preset paper",
        "--axes mirror,hue --bounds mirror=3",
        "--axes mirror,hue --bounds mirror=1,2",
        "--preset authors --budget 8",
        "--axes tilt,blur --bounds blur=0,1 --bounds tilt-x=-1e-7,0.30000000000000004 --seed 9223372036854775807",
        "--adaptive --budget 20 --axes lighting",
        "--axes angle,glare --glare-at 0.30000000000000004,1 --preset paper",
        "--axes glare --glare-size 1e-7 --loss dice",
        "--attacks clean --axes hue",
        "--loss drift --select loss --rotation three-pass --fill reflect --angle-bounds=-180,180",
        "--fit tile --tile-overlap 0.3 --border ignore --frame rotated-mask --loss-frame derotated",
    ] {
        let given = ["askance", "attack", "--data", "d"].into_iter().chain(line.split_whitespace());
        let args = attack_args(Cli::try_parse_from(given).unwrap());
        let before = settings_of(&args);
        let settings = RunSettings {
            work: Work {
                settings: before.clone(),
                tolerance: None,
                uniform: None,
                random: None,
                start_from_sha256: None,
                ..full().work
            },
            ..full()
        };
        let info = info(&settings);
        let after = settings_of(&attack_args(taken_up(&info, "attack", "").unwrap()));
        assert_eq!(after, before, "{line}");
    }
}

#[test]
fn a_flag_wins_and_what_it_leaves_without_effect_is_not_taken_over() {
    let mut settings = full();
    settings.work.start_from_sha256 = None;
    settings.work.settings.adaptive = false;
    let info = info(&settings);
    let has =
        |flags: &str, word: &str| words(&info, "attack", flags).iter().any(|other| other.starts_with(word));
    for (flags, word) in [
        ("--budget 9", "--budget"),
        ("--data d", "--data"),
        ("--data d", "--name"),
        ("--data d", "--category"),
        ("--data d", "--skip-bad"),
        ("--data d", "--group-by"),
        ("--data d", "--reference-condition"),
        ("--model other", "--model"),
        ("--defence none", "--defence"),
        ("--provider cpu", "--tf32"),
        ("--axes hue", "--attacks"),
        ("--axes hue", "--bounds"),
        ("--axes hue", "--frame"),
        ("--axes blur", "--bounds=angle"),
        ("--attacks clean", "--budget"),
        ("--loss drift", "--loss-frame"),
        ("--fit pad", "--tile-overlap"),
        ("--bounds angle=-2,2", "--bounds=angle"),
        ("--angle-bounds=-2,2", "--bounds=angle"),
        ("--random 0", "--certify"),
        ("--tolerance hue", "--glare-at"),
        ("--tolerance hue", "--glare-size"),
        ("--glare-at 0.5,0.5", "--glare-at"),
    ] {
        assert!(has("", word), "{word}");
        assert!(!has(flags, word), "{flags} leaves {word}");
    }
    assert!(
        has("--axes blur", "--bounds=blur")
            && has("--model other", "--defence")
            && has("--random 0", "--decision")
    );
    let args = attack_args(taken_up(&info, "attack", "--budget 9 --uniform-budget 3").unwrap());
    assert_eq!((args.budget, args.uniform.plan().unwrap().map(|uniform| uniform.budget)), (Some(9), Some(3)));
    assert_eq!(args.seed, Some(7));
}

#[test]
fn what_cannot_be_taken_up_is_refused_with_the_flag_that_helps() {
    let of = |change: &dyn Fn(&mut RunSettings)| {
        let mut settings = full();
        settings.work.start_from_sha256 = None;
        change(&mut settings);
        info(&settings)
    };
    let plain = of(&|_| ());
    assert!(refused(&plain, "eval", "").contains("give askance attack --config"));
    let replay = of(&|settings| settings.command = Command::Replay);
    assert!(refused(&replay, "attack", "").contains("askance replay"));
    let replayed = Replayed { found_under: "pocket".into(), rows_sha256: "00".into(), all: false };
    let replayed = of(&|settings| settings.work.replay = Some(replayed.clone()));
    assert!(refused(&replayed, "attack", "").contains("does not have"));
    let started = of(&|settings| settings.work.start_from_sha256 = Some("00".into()));
    assert!(refused(&started, "attack", "").contains("`start_from`"));
    let prompts = of(&|settings| settings.prompts.as_mut().unwrap().templates.truncate(1));
    assert!(refused(&prompts, "attack", "").contains("`prompts`"));
    words(&prompts, "attack", "--prompts mine.toml");
    assert!(refused(&plain, "attack", "--preset paper").contains("--preset"));
    assert!(refused(&plain, "attack", "--compare-search").contains("--compare-search"));

    let mut unknown = plain.clone();
    unknown.settings.insert("wobble".into(), 3.into());
    assert!(refused(&unknown, "attack", "").contains("settings.wobble"));

    let model = |change: &dyn Fn(&mut ModelInfo)| {
        let mut info = plain.clone();
        info.models.truncate(1);
        info.models.iter_mut().for_each(change);
        info
    };
    assert!(
        refused(&model(&|model| model.bundle_sha256 = "00".into()), "attack", "").contains("other files")
    );
    let elsewhere = model(&|model| model.name = "vit".into());
    assert!(refused(&elsewhere, "attack", "").contains("`model`"));
    words(&elsewhere, "attack", "--model somewhere/vit");

    let said = attack_args(taken_up(&plain, "attack", "").unwrap());
    assert_eq!(said.data.source().data, Path::new("data/of a line"));
    assert!(matches!(parse(["askance", "attack"].map(OsString::from)), Parsed::Said(_)), "no data at all");
}

#[test]
fn an_error_says_where_a_word_comes_from_that_nobody_typed() {
    let mut settings = full();
    settings.work.start_from_sha256 = None;
    let recalled = taken_up(&info(&settings), "attack", "--seed 1").unwrap().global.recalled.unwrap();
    let explained = |subject: &str| recalled.explain(Error::usage(subject, "is wrong", "mend it")).fix;
    assert!(explained("--prompts common21").contains("(--prompts=common21 comes from"));
    assert!(explained("data/of a line/tablet").contains("--data="));
    assert_eq!(explained("--seed 1"), "mend it");
    assert_eq!(recalled.differences("").len(), 0);
    assert!(recalled.differences("another")[0].contains("the data are not those"));
}

/// The keys of a table that hold no table.
fn leaves(prefix: &str, table: &toml::Table) -> Vec<String> {
    let of = |(key, value): (&String, &toml::Value)| {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        value.as_table().map_or_else(|| vec![key.clone()], |table| leaves(&key, table))
    };
    table.iter().flat_map(of).collect()
}

#[test]
fn whatever_decides_a_result_is_told_by_the_flag_that_gives_it() {
    /// What follows from the command, the data and the program.
    const NO_FLAG: [&str; 5] =
        ["dataset.fingerprint", "dataset.samples", "runtime.version", "settings.command", "version"];
    let mut settings = full();
    settings.work.sweep = Some(Sweep { axes: vec![Axis::Hue], steps: 5 });
    let all = askance::record::decisive(&info(&settings));
    let keys = leaves("", &all);
    assert!(keys.len() > 40, "{keys:?}");
    let unsaid: Vec<&String> =
        keys.iter().filter(|key| !in_flags(&format!("`{key}`")).starts_with("--")).collect();
    assert_eq!(unsaid, NO_FLAG);
    for (key, flag) in [
        ("settings.fit.fit", "--fit"),
        ("settings.fit.tile_size", "--tile-size"),
        ("settings.bounds.hue_rad.low", "--hue-bounds"),
        ("settings.bounds.blur_px.high", "--bounds blur"),
        ("settings.perturb.glare.x", "--glare-at"),
        ("settings.perturb.fill", "--fill"),
        ("settings.metric.fpr_limit", "--fpr-limit"),
        ("settings.random.certify", "--certify"),
        ("settings.random", "--random"),
        ("settings.tolerance", "--tolerance"),
        ("settings.tolerance.steps", "--tolerance-steps"),
        ("settings.uniform.budget", "--uniform-budget"),
        ("settings.prompts.templates", "--prompts"),
        ("settings.underscores_to_spaces", "--spaces"),
        ("settings.replay.all", "--all"),
        ("settings.warm_up", "--warm-up"),
        ("settings.strict_ep", "--strict-ep"),
        ("provider.options.winclip.underscores_to_spaces", "--spaces"),
        ("provider.options.cuda.use_tf32", "--tf32"),
        ("models.pocket+grey-world", "--model pocket+grey-world"),
        ("seed", "--seed"),
        ("dataset.categories", "--category"),
    ] {
        assert_eq!(in_flags(&format!("`{key}`")), flag);
    }
}
