//! What a terminal, a pipe and a signal get from the program.

use std::fs;
#[cfg(target_os = "linux")]
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::program::{askance, fail, on, output, run, said, synth};

/// A command whose standard output nobody reads.
fn unread(command: &mut Command) -> std::process::Output {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    output(command.stdout(writer))
}

#[test]
fn a_reader_that_is_gone_ends_no_command_and_loses_no_record() {
    let folder = TempDir::new().unwrap();
    let data = synth(folder.path().join("data"), "--category tablet --good 1 --defective 1");
    let out = folder.path().join("run");
    for command in [
        askance().arg("models"),
        askance().arg("data").arg(&data),
        &mut on("eval", &data, &out),
        on("eval", &data, &out).arg("--json"),
        askance().arg("plot").arg(&out),
        askance().args(["attack", "--help"]),
    ] {
        let output = unread(command);
        assert!(
            output.status.success() && !said(&output).contains("panicked"),
            "{command:?}: {}",
            said(&output)
        );
    }
    assert!(out.join("summary.csv").is_file());
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = output(askance().arg("models").stdout(full));
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("standard output: cannot be written"), "{}", said(&output));
}

#[test]
fn control_characters_of_names_are_printed_escaped() {
    let folder = TempDir::new().unwrap();
    let data = synth(folder.path().join("data"), "--category tablet --good 1 --defective 1");
    fs::rename(data.join("tablet"), data.join("red\u{1b}[31m\u{7}")).unwrap();
    for command in [askance().arg("data").arg(&data), &mut on("eval", &data, &folder.path().join("run"))] {
        let output = output(command);
        let printed = [output.stdout, output.stderr].concat();
        assert!(!printed.contains(&0x1b) && !printed.contains(&7), "{}", String::from_utf8_lossy(&printed));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn folders_may_have_names_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = TempDir::new().unwrap();
    let named = |bytes| folder.path().join(std::ffi::OsStr::from_bytes(bytes));
    let data = synth(named(b"d\xff"), "--category tablet --good 1 --defective 1");
    let out = named(b"r\xff");
    run(&mut on("eval", &data, &out));
    run(on("eval", &data, &out).arg("--json"));
    run(askance().arg("plot").arg(&out).arg("--json"));
    run(askance().arg("data").arg(&data).arg("--json"));
    assert!(out.join("run.toml").is_file());
}

#[test]
fn an_empty_variable_is_unset() {
    let folder = TempDir::new().unwrap();
    let data = synth(folder.path().join("data"), "--category tablet --good 1 --defective 1");
    run(askance().arg("data").arg(&data).env("ORT_DYLIB_PATH", ""));
    run(on("eval", &data, &folder.path().join("run")).env("ORT_DYLIB_PATH", ""));
}

#[test]
fn numbers_that_no_machine_can_use_are_refused() {
    let folder = TempDir::new().unwrap();
    let data = synth(folder.path().join("data"), "--category tablet --good 1 --defective 1");
    let out = folder.path().join("run");
    for (command, flags) in [
        ("attack", "--batch 1000000000000"),
        ("attack", "--budget 1000000000000"),
        ("attack", "--uniform --uniform-budget 999999999999"),
        ("attack", "--threads 1000000000"),
        ("sweep", "--steps 99999999999"),
        ("bench", "--rounds 99999999999"),
        ("bench", "--time-limit 18446744073709551615"),
    ] {
        let said = fail(on(command, &data, &out).args(flags.split(' ')), 2);
        assert!(said.contains(flags.split(' ').rev().nth(1).unwrap()), "{flags}: {said}");
        assert!(said.contains("at most"), "{flags}: {said}");
    }
    assert!(!out.join("samples.csv").exists());
}

/// A library that takes longer to load than anybody waits.
#[cfg(target_os = "linux")]
fn slow_library(folder: &Path) -> std::path::PathBuf {
    let (source, library) = (folder.join("slow.c"), folder.join("libonnxruntime.so"));
    let text = "#include <unistd.h>\n__attribute__((constructor)) static void hold(void) {\n\
    for (unsigned left = 120; left;) left = sleep(left);\n}\n";
    fs::write(&source, text).unwrap();
    let status =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status().unwrap();
    assert!(status.success());
    library
}

/// How a command ends that waits for its library and gets so many signals, each once the one before was answered, and how long it takes.
#[cfg(target_os = "linux")]
fn signalled(signals: usize) -> (Option<i32>, Duration) {
    let folder = TempDir::new().unwrap();
    let data = synth(folder.path().join("data"), "--category tablet --good 1 --defective 1");
    let mut command = on("eval", &data, &folder.path().join("run"));
    command.arg("--ort-lib").arg(slow_library(folder.path())).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    std::thread::sleep(Duration::from_secs(2));
    let begin = Instant::now();
    for signal in 0..signals {
        assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
        if signal == 0 {
            let mut line = String::new();
            said.read_line(&mut line).unwrap();
            assert!(line.contains("stopping"), "{line}");
        }
    }
    (child.wait().unwrap().code(), begin.elapsed())
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_ends_a_command_that_waits_for_something_that_does_not_look() {
    let (code, elapsed) = signalled(1);
    assert_eq!(code, Some(130));
    assert!(elapsed < Duration::from_secs(60), "{elapsed:?}");
}

/// Ten seconds are what the first signal leaves to whatever is under way.
#[cfg(target_os = "linux")]
#[test]
fn the_second_signal_ends_a_command_at_once() {
    let (code, elapsed) = signalled(2);
    assert_eq!(code, Some(130));
    assert!(elapsed < Duration::from_secs(9), "{elapsed:?}");
}

/// What a command writes into a terminal with so many columns, in the order in which it comes.
#[cfg(target_os = "linux")]
fn on_terminal(columns: usize, command: &mut Command) -> String {
    // A terminal by Python, which the tests need anyway: a process, and both of its streams.
    const TERMINAL: &str = "
import fcntl, os, pty, struct, sys, termios
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 40, int(sys.argv[1]), 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
while True:
    try:
        said = os.read(terminal, 65536)
    except OSError:
        break
    if not said:
        break
    sys.stdout.buffer.write(said)
";
    let mut python = Command::new("python3");
    python
        .args(["-c", TERMINAL])
        .arg(columns.to_string())
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => python.env(name, value),
            None => python.env_remove(name),
        };
    }
    let output = output(&mut python);
    String::from_utf8(output.stdout).unwrap().replace('\r', "")
}

/// Text without the codes for colours and bold letters.
#[cfg(target_os = "linux")]
fn plain(text: &str) -> String {
    regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap().replace_all(text, "").into_owned()
}

/// Lines of a text that are longer than a terminal is wide, but for what cannot be broken.
#[cfg(target_os = "linux")]
fn too_wide(text: &str, columns: usize) -> Vec<String> {
    let one_word = |line: &str| !line.trim().contains(' ');
    plain(text)
        .lines()
        .filter(|line| line.chars().count() > columns && !one_word(line))
        .map(str::to_owned)
        .collect()
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_is_wider_than_the_terminal() {
    let folder = TempDir::new().unwrap();
    let data = synth(folder.path().join("data"), "--category tablet --good 2 --defective 2");
    let out = folder.path().join("run");
    let attack = || {
        let mut command = on("attack", &data, &out);
        command.args([
            "--budget",
            "3",
            "--random",
            "2",
            "--tolerance",
            "hue",
            "--tolerance-steps",
            "2",
            "--quiet",
        ]);
        command
    };
    run(&mut attack());
    for columns in [60, 80, 120] {
        let mut commands = vec![attack(), askance(), askance(), askance()];
        commands[1].args(["data"]).arg(&data);
        commands[2].args(["compare"]).arg(&out).arg(&out);
        commands[3].args(["attack", "--data", "d", "--axes", "lamp"]);
        for command in [
            "attack",
            "bench",
            "compare",
            "completions",
            "data",
            "eval",
            "merge",
            "models",
            "paper",
            "plot",
            "replay",
            "report",
            "submit",
            "sweep",
        ] {
            for help in ["-h", "--help"] {
                let mut asked = askance();
                asked.args([command, help]);
                commands.push(asked);
            }
        }
        for command in &mut commands {
            let said = on_terminal(columns, command);
            assert!(said.lines().count() > 1, "{command:?}: {said}");
            let wide = too_wide(&said, columns);
            assert!(wide.is_empty(), "{columns} columns: {command:?}: {wide:#?}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_and_who_wants_no_colour_get_no_codes() {
    let asked = || {
        let mut command = askance();
        command.args(["models", "--help"]).env("TERM", "xterm");
        // With `CI` a dumb terminal counts as one that has colours.
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
            command.env_remove(name);
        }
        command
    };
    let wrong = || {
        let mut command = asked();
        command.arg("--nothing");
        command
    };
    assert!(on_terminal(80, &mut asked()).contains('\u{1b}'), "a terminal has bold letters");
    for mut command in [asked(), wrong()] {
        let output = output(&mut command);
        let printed = [output.stdout, output.stderr].concat();
        assert!(!printed.contains(&0x1b), "{}", String::from_utf8_lossy(&printed));
        for (name, value) in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")] {
            let said = on_terminal(80, command.env(name, value));
            assert!(!said.contains('\u{1b}'), "{name}={value}: {said}");
            command.env("TERM", "xterm").env_remove("NO_COLOR").env_remove("CLICOLOR");
        }
    }
}

#[test]
fn lines_for_a_pipe_are_whole() {
    let said = fail(askance().args(["attack", "--data", "d", "--axes", "lamp"]), 2);
    let longest = said.lines().map(|line| line.chars().count()).max();
    assert!(longest > Some(200), "{said}");
}
