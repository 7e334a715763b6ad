//! `--provider cuda:0,cuda:1`: a process with a shard of the samples on each device, and their merge.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use askance::error::{Error, Result};
use askance::model::Provider;
use askance::study::Merge;

use super::args::Global;
use super::origin::origin;
use super::output::figures;
use super::terminal::Terminal;
use super::{interrupt, output};

/// How long processes have to save what they did once the user wants to stop: less than this one has itself.
const GRACE: Duration = Duration::from_secs(8);
/// How often they are looked at.
const LOOK: Duration = Duration::from_millis(100);
const VISIBLE: &str = "CUDA_VISIBLE_DEVICES";

/// Runs this very command once for each device, on a shard of the samples in `OUT/part-N`, and merges the parts into `out`.
///
/// # Errors
/// Devices of several kinds or named twice, a folder of another run, and whatever a part or the merge fails at.
pub fn run(
    global: &Global,
    providers: &[Provider],
    out: &Path,
    (save_maps, operating_points): (bool, bool),
) -> Result<()> {
    require_alike(providers)?;
    let parts: Vec<PathBuf> = (1..=providers.len()).map(|part| out.join(format!("part-{part}"))).collect();
    require_own(out, &parts)?;
    let visible = env::var(VISIBLE).ok();
    let devices: Vec<_> =
        providers.iter().map(|provider| on_its_own(provider, visible.as_deref())).collect::<Result<_>>()?;
    interrupt::listen()?;
    let program = env::current_exe().map_err(|error| {
        Error::file("askance", format!("does not find itself: {error}"), "start it by its path")
            .caused_by(error)
    })?;
    let plain = ["--json", "--quiet", "-q", "--fresh"];
    let given = without(&["--provider", "--out"], &plain, env::args_os().skip(1));
    let mut children = Children(Vec::new());
    for (at, ((name, device), part)) in devices.into_iter().zip(&parts).enumerate() {
        let mut command = Command::new(&program);
        command.args(&given).arg("--quiet").arg("--out").arg(part).arg("--provider").arg(name);
        command.arg("--shard").arg(format!("{}/{}", at + 1, providers.len()));
        // Each process sees one device, as number 0: the records of all parts then have the same settings.
        match device {
            Some(device) => drop(command.env(VISIBLE, device)),
            None if !given.iter().any(|argument| argument.to_string_lossy().starts_with("--threads")) => {
                let cores = thread::available_parallelism().map_or(1, usize::from);
                command.arg("--threads").arg((cores / providers.len()).max(1).to_string());
            }
            None => {}
        }
        command.stdin(Stdio::null()).stdout(Stdio::null());
        // A stop reaches them once, from here.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn().map_err(|error| {
            Error::file(&program, format!("cannot be started: {error}"), "give fewer devices")
                .caused_by(error)
        })?;
        children.0.push(child);
    }
    let failed = children.wait()?;
    if interrupt::requested() {
        return Err(Error::interrupted("attack"));
    }
    if let Some(part) = failed.first() {
        let problem = format!("the part on {} failed, as it says above", providers[*part]);
        let fix = "mend that and give the same command again, which goes on";
        return Err(Error::runtime("--provider", problem, fix));
    }
    let merge = Merge { shards: parts, data: None, save_maps, renew: true, origin: origin() };
    let outcome = merge.run(out, &Terminal::new(global.quiet))?;
    let figures = figures(&outcome.dir)?;
    output::report(global, &outcome, &figures, operating_points);
    Ok(())
}

/// Processes that do not outlive this value.
struct Children(Vec<Child>);

impl Children {
    /// Waits for all, and gives those that failed. A stop is passed on; those that have not ended within the grace are killed, which
    /// loses the samples in flight alone.
    fn wait(&mut self) -> Result<Vec<usize>> {
        let mut ended: Vec<Option<bool>> = vec![None; self.0.len()];
        let mut stopped: Option<Instant> = None;
        while ended.contains(&None) {
            for (child, ended) in self.0.iter_mut().zip(&mut ended).filter(|(_, ended)| ended.is_none()) {
                let status = child.try_wait().map_err(|error| {
                    Error::runtime("--provider", error.to_string(), "give the same command again")
                        .caused_by(error)
                })?;
                *ended = status.map(|status| status.success());
            }
            if interrupt::requested() {
                if stopped.is_none() {
                    self.0.iter().for_each(ask_to_end);
                }
                if stopped.get_or_insert_with(Instant::now).elapsed() > GRACE {
                    self.0.iter_mut().for_each(|child| drop(child.kill()));
                }
            }
            thread::sleep(LOOK);
        }
        Ok((0..self.0.len()).filter(|&at| ended[at] == Some(false)).collect())
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // Nothing happens to one that has ended.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Lets a process save what it has and end.
fn ask_to_end(child: &Child) {
    let _ = Command::new("kill").arg("-TERM").arg(child.id().to_string()).stderr(Stdio::null()).status();
}

/// Refuses a folder that holds another run, or parts for more devices.
fn require_own(out: &Path, parts: &[PathBuf]) -> Result<()> {
    let begun = parts.iter().any(|part| part.exists());
    let problem = if out.join("run.toml").exists() && !begun {
        "holds a run already that was not made on several devices"
    } else if out.join(format!("part-{}", parts.len() + 1)).exists() {
        "holds the parts of a run on more devices"
    } else {
        return Ok(());
    };
    let fix = "give another --out, or the devices of the first run";
    Err(Error::usage(out.display().to_string(), problem, fix))
}

/// The provider as its own process is given it, and what `CUDA_VISIBLE_DEVICES` is there.
fn on_its_own(provider: &Provider, visible: Option<&str>) -> Result<(&'static str, Option<String>)> {
    let (name, device) = match provider {
        Provider::Cuda { device } => ("cuda", *device),
        Provider::TensorRt { device } => ("tensorrt", *device),
        _ => return Ok(("cpu", None)),
    };
    let Some(visible) = visible else { return Ok((name, Some(device.to_string()))) };
    let named = visible.split(',').nth(device as usize).map(str::trim).filter(|named| !named.is_empty());
    let device = named.ok_or_else(|| {
        let problem = format!("is not among the devices of {VISIBLE}={visible}");
        Error::usage(provider.to_string(), problem, format!("name others, or change {VISIBLE}"))
    })?;
    Ok((name, Some(device.to_owned())))
}

/// Refuses devices that would not give one run: all must compute alike, and no GPU twice.
fn require_alike(providers: &[Provider]) -> Result<()> {
    let all = || providers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let refuse = |problem: &str| {
        let fix = "name several GPUs of one kind, such as cuda:0,cuda:1, or cpu,cpu";
        Err(Error::usage(format!("--provider {}", all()), problem, fix))
    };
    let own_name = |provider: &Provider| {
        !matches!(provider, Provider::Cpu | Provider::Cuda { .. } | Provider::TensorRt { .. })
    };
    if providers.iter().any(own_name) {
        return refuse("names several devices whose records differ by their names");
    }
    if providers.iter().any(|provider| provider.runtime_name() != providers[0].runtime_name()) {
        return refuse("names several kinds of provider, whose answers differ");
    }
    let twice = |at: usize| providers[..at].contains(&providers[at]);
    if providers[0] != Provider::Cpu && (0..providers.len()).any(twice) {
        return refuse("names a device twice");
    }
    Ok(())
}

/// Arguments without these flags: `valued` ones with the value that follows or is joined by `=`.
fn without(valued: &[&str], plain: &[&str], given: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let joined = |argument: &OsStr| {
        let text = argument.to_string_lossy();
        valued.iter().any(|flag| text.strip_prefix(flag).is_some_and(|rest| rest.starts_with('=')))
    };
    let mut kept = Vec::new();
    let mut given = given;
    while let Some(argument) = given.next() {
        if valued.iter().any(|flag| argument == *flag) {
            given.next();
        } else if !joined(&argument) && !plain.iter().any(|flag| argument == *flag) {
            kept.push(argument);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn providers(list: &str) -> Vec<Provider> {
        list.split(',').map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn the_flags_of_the_whole_are_taken_out() {
        let given =
            ["attack", "--provider", "cuda:0,cuda:1", "--data", "d", "--out=o", "--json", "--budget", "4"];
        let kept = without(&["--provider", "--out"], &["--json"], given.into_iter().map(OsString::from));
        assert_eq!(kept, ["attack", "--data", "d", "--budget", "4"]);
    }

    #[test]
    fn devices_of_one_kind_are_taken_and_others_refused() {
        for list in ["cuda:0,cuda:1", "tensorrt:1,tensorrt:0", "cpu,cpu,cpu"] {
            assert!(require_alike(&providers(list)).is_ok(), "{list}");
        }
        for list in ["cuda:0,cuda:0", "cuda:0,cpu", "cuda:0,tensorrt:1", "openvino:GPU.0,openvino:GPU.1"] {
            let error = require_alike(&providers(list)).unwrap_err();
            assert!(error.subject.contains(list), "{error}");
        }
    }

    #[test]
    fn each_process_sees_its_own_device() {
        let on = |name: &str, visible| on_its_own(&name.parse().unwrap(), visible);
        assert_eq!(on("cuda:1", None).unwrap(), ("cuda", Some("1".to_owned())));
        assert_eq!(on("cuda:1", Some("4, 6")).unwrap(), ("cuda", Some("6".to_owned())));
        assert_eq!(on("tensorrt:0", Some("GPU-7f")).unwrap(), ("tensorrt", Some("GPU-7f".to_owned())));
        assert_eq!(on("cpu", Some("0")).unwrap(), ("cpu", None));
        assert!(on("cuda:2", Some("4,6")).unwrap_err().problem.contains("CUDA_VISIBLE_DEVICES=4,6"));
    }
}
