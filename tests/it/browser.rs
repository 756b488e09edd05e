//! The page in a real browser: nothing is wrong in it, the slider moves the picture, it fits a phone, names stay names.
//!
//! Chromium renders a copy of the page with a script that uses it as a reader would, and prints what came of it. Where there
//! is no Chromium the test says that it was skipped. Screenshots are left in `target/browser`, among them `review.png`, which is
//! the picture in the README; `TENFOLD_WRITE=1 cargo test --test it browser::` makes it of a whole review and puts it there.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Before the page's own script: hears of every error.
const EARS: &str = "<script>window.wrong=[];addEventListener('error',e=>wrong.push(e.message));\
    const loud=console.error;console.error=(...a)=>{wrong.push(a.join(' '));loud(...a)};</script>";

/// After it: moves the slider, and writes down what it sees.
const READER: &str = r#"<script>
const look = () => [...document.querySelectorAll('#live .node')].map(n => n.dataset.state).join();
const words = () => document.getElementById('replay-say').textContent;
const to = (i) => { const t = document.getElementById('replay-time'); t.value = i; t.dispatchEvent(new Event('input')); return [look(), words()]; };
const slider = document.getElementById('replay-time');
const first = to(0), seen = [];
for (let i = 0; i <= Number(slider.max); i++) seen.push(to(i)[0]);
slider.focus();
document.body.insertAdjacentHTML('beforeend', '<pre id="probe"></pre>');
document.getElementById('probe').textContent = JSON.stringify({
  wrong, first, pictures: new Set(seen).size, focus: document.activeElement.id, evil: Boolean(window.evil),
  inner: innerWidth, wide: document.documentElement.scrollWidth,
  untitled: [...document.querySelectorAll('svg[role=img]')].filter(s => !s.querySelector('title')).length,
  outside: [...document.querySelectorAll('[src],link[href]')].map(e => e.src || e.href).filter(u => !u.startsWith('data:')).length,
});
</script>"#;

fn chromium() -> Option<PathBuf> {
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .iter()
        .map(PathBuf::from)
        .find(|p| p.exists())
}

fn browse(browser: &Path, arguments: &[String]) -> std::process::Output {
    let profile = tempfile::tempdir().unwrap();
    Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(arguments)
        .output()
        .unwrap()
}

/// What keeps a review short enough for a test.
const SHORT: &[&str] = &["--budget", "6M", "--replications", "2"];

fn page(model: &str, folder: &Path, less: &[&str]) -> PathBuf {
    let file = folder.join("review.html");
    let done = Command::new(assert_cmd::cargo::cargo_bin!("simulate"))
        .args([model, "--load", "10x", "--no-progress", "--format", "html"])
        .args(less)
        .arg("--output")
        .arg(&file)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    file
}

/// As wide as a README is shown, and as high as what a newcomer should see: the verdict, what users see, the system.
fn picture(browser: &Path, folder: &Path, page: &Path) {
    let shot = folder.join("review.png");
    let screenshot = format!("--screenshot={}", shot.display());
    browse(browser, &["--window-size=1040,2385".into(), screenshot, format!("file://{}", page.display())]);
    assert!(fs::metadata(&shot).is_ok_and(|m| m.len() > 20_000), "there is no picture in {}", shot.display());
}

#[test]
fn the_page_works_in_a_browser() {
    let Some(browser) = chromium() else {
        println!("skipped: there is no chromium (Debian: apt-get install chromium)");
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/browser");
    fs::create_dir_all(&folder).unwrap();
    let file = page("models/shop.yaml", &folder, SHORT);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.len() < 2_000_000, "{} bytes", text.len());
    let probed = folder.join("probed.html");
    let with = text.replacen("<head>", &format!("<head>{EARS}"), 1).replacen("</body>", &format!("{READER}</body>"), 1);
    fs::write(&probed, with).unwrap();
    for (name, width, height) in [("desktop", 1280, 2400), ("phone", 390, 2400)] {
        let size = format!("--window-size={width},{height}");
        let shot = format!("--screenshot={}", folder.join(format!("{name}.png")).display());
        browse(&browser, &[size.clone(), shot, format!("file://{}", file.display())]);
        assert!(folder.join(format!("{name}.png")).exists());
        let url = format!("file://{}", probed.display());
        let done = browse(&browser, &["--dump-dom".into(), size, url]);
        let dom = String::from_utf8_lossy(&done.stdout).into_owned();
        let probe = dom.rsplit("<pre id=\"probe\">").next().and_then(|rest| rest.split("</pre>").next());
        let probe = probe
            .unwrap_or_else(|| panic!("the reader did not get to the end: {}", String::from_utf8_lossy(&done.stderr)));
        let probe = probe.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let seen: Value = serde_json::from_str(&probe).unwrap();
        assert_eq!(seen["wrong"], serde_json::json!([]), "{name}");
        assert!(seen["pictures"].as_u64() > Some(2), "the slider changes nothing: {seen}");
        assert!(seen["first"][1].as_str().unwrap().starts_with("Before it begins"), "{seen}");
        assert_eq!(seen["focus"], "replay-time", "the slider can be reached by keyboard");
        assert_eq!((&seen["untitled"], &seen["outside"]), (&0.into(), &0.into()), "{seen}");
        assert!(seen["wide"].as_u64() <= seen["inner"].as_u64(), "{name} scrolls sideways: {seen}");
    }
    picture(&browser, &folder, &file);
}

/// The README shows a picture of a page of this program. Where it is asked for, the picture is made anew.
#[test]
fn the_readme_shows_the_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shown = root.join("src/guide/review.png");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    assert!(readme.contains("](src/guide/review.png)"));
    let browser = chromium().filter(|_| std::env::var_os("TENFOLD_WRITE").is_some());
    if let Some(browser) = browser {
        let folder = tempfile::tempdir().unwrap();
        let file = page("models/shop.yaml", folder.path(), &[]);
        picture(&browser, folder.path(), &file);
        let shot = folder.path().join("review.png");
        // A third of the size where pngquant is there (Debian: apt-get install pngquant).
        let fewer =
            Command::new("pngquant").args(["--force", "--strip", "128", "--output"]).arg(&shown).arg(&shot).status();
        if !fewer.is_ok_and(|status| status.success()) {
            fs::copy(&shot, &shown).unwrap();
        }
    }
    let bytes = fs::metadata(&shown).unwrap().len();
    assert!((20_000..450_000).contains(&bytes), "{bytes} bytes");
}
