//! Follows docs/MAKE_IT_YOURS.md step by step on a copy of the checkout, so that what it says works.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{shell, workspace::Workspace};

const DOCUMENT: &str = "docs/MAKE_IT_YOURS.md";

/// What a block of the document is for, as the words behind its fence say.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// ```` ```sh run ````
    Run,
    /// ```` ```diff apply ````
    Apply,
    /// ```` ```rust file=src/main.rs ````
    Create(String),
}

#[derive(Debug, PartialEq, Eq)]
struct Block {
    /// Of its fence, from 1.
    line: usize,
    step: Step,
    text: String,
}

pub fn follow(workspace: &Workspace) -> Result<()> {
    let blocks = read(&fs::read_to_string(DOCUMENT)?)?;
    let copy = workspace.scratch("yours")?;
    copy_checkout(&copy)?;
    for block in &blocks {
        println!("{DOCUMENT}:{}", block.line);
        follow_block(block, &copy, workspace).with_context(|| format!("{DOCUMENT}:{}", block.line))?;
    }
    let check = ["check", "--workspace", "--all-targets"];
    shell::run(shell::cargo().args(check).current_dir(&copy).env("CARGO_TARGET_DIR", &workspace.target))
}

fn read(document: &str) -> Result<Vec<Block>> {
    let mut blocks = Vec::new();
    let mut lines = document.lines().zip(1..);
    while let Some((fence, line)) = lines.next() {
        let Some(words) = fence.strip_prefix("```") else { continue };
        let step = match words.split_once(' ') {
            Some(("sh", "run")) => Step::Run,
            Some(("diff", "apply")) => Step::Apply,
            Some((_, word)) if word.starts_with("file=") => Step::Create(word["file=".len()..].to_owned()),
            // A block that no one follows is one that no one would miss when it is wrong.
            _ => bail!("{DOCUMENT}:{line}: `{words}` is neither `sh run`, `diff apply` nor `… file=PATH`"),
        };
        let mut text = String::new();
        loop {
            match lines.next() {
                Some(("```", _)) => break,
                Some((one, _)) => text += &format!("{one}\n"),
                None => bail!("{DOCUMENT}:{line}: the block has no end"),
            }
        }
        blocks.push(Block { line, step, text });
    }
    ensure!(!blocks.is_empty(), "{DOCUMENT} has no blocks");
    Ok(blocks)
}

/// What git would hand out, and what is not committed yet. A repository of its own: the document uses git.
fn copy_checkout(copy: &Path) -> Result<()> {
    fs::remove_dir_all(copy)?;
    let list =
        shell::output(Command::new("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    for file in list.split('\0').filter(|file| Path::new(file).is_file()) {
        let to = copy.join(file);
        fs::create_dir_all(to.parent().context("a folder")?)?;
        fs::copy(file, to).with_context(|| format!("cannot copy {file}"))?;
    }
    shell::run(Command::new("git").args(["init", "--quiet"]).current_dir(copy))?;
    shell::run(Command::new("git").args(["add", "--all"]).current_dir(copy))
}

fn follow_block(block: &Block, copy: &Path, workspace: &Workspace) -> Result<()> {
    match &block.step {
        Step::Run => {
            let mut sh = Command::new("sh");
            sh.args(["-e", "-c", &block.text]).current_dir(copy).env("CARGO_TARGET_DIR", &workspace.target);
            let status = sh.status().context("cannot start sh")?;
            ensure!(status.success(), "it failed ({status}):\n{}", block.text);
        }
        Step::Apply => apply(&block.text, copy)?,
        Step::Create(path) => {
            let path = copy.join(path);
            ensure!(!path.exists(), "{} is there already", path.display());
            fs::create_dir_all(path.parent().context("a folder")?)?;
            fs::write(path, &block.text)?;
        }
    }
    Ok(())
}

fn apply(diff: &str, copy: &Path) -> Result<()> {
    let mut git = Command::new("git").arg("apply").current_dir(copy).stdin(Stdio::piped()).spawn()?;
    git.stdin.take().context("a pipe")?.write_all(diff.as_bytes())?;
    let status = git.wait()?;
    ensure!(status.success(), "the diff does not fit ({status})");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_with_what_they_are_for() {
        let document = "# A\n```sh run\nrm a\n```\ntext\n```rust file=src/a.rs\nfn a() {}\n\n// `b`\n```\n```diff apply\n-a\n```\n";
        let blocks = read(document).unwrap();
        let found: Vec<_> = blocks.iter().map(|Block { line, step, text }| (*line, step, &**text)).collect();
        let create = Step::Create("src/a.rs".into());
        let expected = [(2, &Step::Run, "rm a\n"), (6, &create, "fn a() {}\n\n// `b`\n"), (11, &Step::Apply, "-a\n")];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_block_that_nobody_would_follow_is_an_error() {
        for document in ["```sh\nrm a\n```\n", "```rust\n```\n", "```\n```\n", "```sh run\nrm a\n", "no block"] {
            assert!(read(document).is_err(), "{document}");
        }
    }
}
