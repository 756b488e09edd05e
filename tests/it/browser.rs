//! The page in a real browser: nothing is wrong in it, the slider moves the picture, it fits a phone, names stay names.
//!
//! Chromium renders a copy of the page with a script that uses it as a reader would, and prints what came of it. Where there
//! is no Chromium the test says that it was skipped. Screenshots are left in `target/browser`.

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

fn page(model: &str, folder: &Path) -> PathBuf {
    let file = folder.join("review.html");
    let done = Command::new(assert_cmd::cargo::cargo_bin!("simulate"))
        .args([model, "--load", "10x", "--budget", "6M", "--replications", "2", "--no-progress", "--format", "html"])
        .arg("--output")
        .arg(&file)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    file
}

#[test]
fn the_page_works_in_a_browser() {
    let Some(browser) = chromium() else {
        println!("skipped: there is no chromium (Debian: apt-get install chromium)");
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/browser");
    fs::create_dir_all(&folder).unwrap();
    let file = page("models/shop.yaml", &folder);
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
}
