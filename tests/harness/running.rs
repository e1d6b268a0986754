//! A command under way, whose output is read only as far as a test wants: a pipe that nobody
//! reads fills up and holds the command where it is.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, ChildStdout, Command};

use super::sandbox::Run;

/// A command under way.
pub struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    stderr: ChildStderr,
    seen: String,
}

impl Running {
    /// Takes over a command started with both outputs piped.
    pub fn new(mut child: Child) -> Self {
        let stdout = BufReader::with_capacity(1024, child.stdout.take().unwrap());
        let stderr = child.stderr.take().unwrap();
        Self { child, stdout, stderr, seen: String::new() }
    }

    /// Reads stdout up to the first line with `text` in it; from then on the command is held as
    /// soon as the pipe is full.
    #[track_caller]
    pub fn read_until(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            let count = self.stdout.read_line(&mut line).unwrap();
            if count == 0 {
                let mut stderr = String::new();
                self.stderr.read_to_string(&mut stderr).unwrap();
                panic!("it ended without {text:?}:\n{}{stderr}", self.seen);
            }
            self.seen.push_str(&line);
        }
    }

    /// Reads stderr up to `text`.
    #[track_caller]
    pub fn read_complaint(&mut self, text: &str) {
        let mut read = String::new();
        let mut byte = [0];
        while !read.contains(text) {
            let count = self.stderr.read(&mut byte).unwrap();
            assert!(count > 0, "it ended without {text:?}:\n{read}");
            read.push(char::from(byte[0]));
        }
    }

    /// Process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, for example `INT`.
    pub fn signal(&self, name: &str) {
        let status =
            Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Waits for the end without reading any further: for a command that ends at once.
    pub fn end_unread(mut self) -> i32 {
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// Reads everything and waits for the end.
    pub fn finish(mut self) -> Run {
        let mut stderr_pipe = self.stderr;
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            stderr_pipe.read_to_string(&mut text).unwrap();
            text
        });
        self.stdout.read_to_string(&mut self.seen).unwrap();
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        Run { stdout: self.seen, stderr: reader.join().unwrap(), code }
    }
}
