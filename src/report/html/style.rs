//! How the page looks, and the little that moves.

/// The style sheet. Colours are variables, so that charts and topology follow light and dark; every state that has a colour
/// has a word beside it.
pub(super) const CSS: &str = r#"
:root{color-scheme:light dark;--ground:#fff;--panel:#f5f6f8;--text:#1c2330;--dim:#57606f;--grid:#dfe3e8;--edge:#8b95a3;--bad:#b42318;--bad-ground:#fdecea;--warn:#8a5300;--warn-ground:#fdf1dc;--good:#146c3e;--good-ground:#e6f4ec;--accent:#1f5fbf;--fault:#f6dcd9;--line1:#1f5fbf;--line2:#b35900;--line3:#177245;--line4:#8e3a9d;--line5:#5a6472}
@media (prefers-color-scheme:dark){:root{--ground:#14181f;--panel:#1d232c;--text:#e7eaef;--dim:#a7b0bd;--grid:#323a46;--edge:#7d8897;--bad:#ff8a80;--bad-ground:#43211f;--warn:#f0b45b;--warn-ground:#3d2f17;--good:#6fd39a;--good-ground:#1b3a29;--accent:#7fb2ff;--fault:#4a2a28;--line1:#7fb2ff;--line2:#f2a65a;--line3:#66d19e;--line4:#d69be3;--line5:#aab4c2}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main,header,footer{max-width:1180px;margin:0 auto;padding:0 20px}
header{padding-top:28px}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .3em}
h2{font-size:1.35rem;margin:2.4em 0 .5em;padding-top:.5em;border-top:2px solid var(--grid);break-after:avoid}
h3{font-size:1.05rem;margin:1.4em 0 .4em;break-after:avoid}
p{margin:.4em 0 .8em;max-width:75ch}
a{color:var(--accent)}
nav{margin:1em 0 0;font-size:.92rem}
nav a{display:inline-block;margin-right:1.1em;padding:.25em 0}
code,pre{font-family:ui-monospace,monospace;font-size:.88em}
code{overflow-wrap:anywhere}
pre{background:var(--panel);padding:.7em .9em;border-radius:6px;overflow-x:auto;margin:.5em 0}
.dim{color:var(--dim)}
.bad{color:var(--bad);font-weight:600}.good{color:var(--good);font-weight:600}.warn{color:var(--warn);font-weight:600}
.verdict{border-left:6px solid var(--edge);background:var(--panel);padding:.8em 1.1em;border-radius:0 6px 6px 0;margin:1em 0}
.verdict.no{border-color:var(--bad)}.verdict.yes{border-color:var(--good)}.verdict.unsure{border-color:var(--warn)}
.verdict strong{font-size:1.2rem}
.verdict p{margin:.3em 0 0;max-width:none}
.answers{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:14px;margin:1em 0;padding:0}
@media (min-width:1000px){.answers>div:last-child{grid-column:span 2}}
.answers>div{background:var(--panel);border-radius:8px;padding:.7em 1em}
.answers dt{font-size:.82rem;color:var(--dim);font-weight:600;text-transform:uppercase;letter-spacing:.03em}
.answers dd{margin:.15em 0 0}
.marks{display:flex;flex-wrap:wrap;gap:10px;margin:.6em 0}
.mark{background:var(--panel);border-radius:8px;padding:.35em .9em}
.mark b{font-size:1.25rem}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,350px),1fr));gap:18px}.charts figure{max-width:500px}
figure{margin:0;break-inside:avoid}
figure svg{width:100%;height:auto;display:block}
figcaption{font-size:.88rem;color:var(--dim);margin-top:.2em}
figcaption b{color:var(--text);display:block}
.scroll,.wide{overflow-x:auto;max-width:100%}
.wide:focus-visible,.scroll:focus-visible,summary:focus-visible,button:focus-visible,select:focus-visible,input:focus-visible,a:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
table{border-collapse:collapse;margin:.5em 0;font-size:.92rem;font-variant-numeric:tabular-nums}
th,td{padding:.3em .7em;text-align:right;border-bottom:1px solid var(--grid);white-space:nowrap;vertical-align:top}
th{color:var(--dim);font-weight:600}
tbody th,td.text,th.text{text-align:left;font-weight:inherit;color:inherit}
td.text{white-space:normal;min-width:16ch}
.matrix td{text-align:center;border:1px solid var(--ground)}
.matrix .l1{background:var(--warn-ground);color:var(--warn)}.matrix .l2{background:var(--bad-ground);color:var(--bad);font-weight:600}.matrix .l0{color:var(--dim)}
.matrix .spared{outline:2px solid var(--bad);outline-offset:-3px}
.topology{font-family:system-ui,sans-serif;display:block;margin:0 auto}
.node rect:first-of-type{fill:var(--panel);stroke:var(--edge);stroke-width:1.5}
.node[data-state=busy] rect:first-of-type{fill:var(--warn-ground);stroke:var(--warn);stroke-width:2}
.node[data-state=full] rect:first-of-type{fill:var(--warn-ground);stroke:var(--warn);stroke-width:3}
#still .node[data-state=full] rect:first-of-type,.node[data-state=failing] rect:first-of-type{fill:var(--bad-ground);stroke:var(--bad);stroke-width:3}
.node[data-state=down] rect:first-of-type{fill:var(--bad-ground);stroke:var(--bad);stroke-width:3;stroke-dasharray:6 4}
.node.struck rect:first-of-type{stroke-width:5;stroke:var(--bad)}
.node[data-role=traffic] rect:first-of-type{fill:var(--ground)}
.node text{fill:var(--text);font-size:12px}.node .name{font-weight:600;font-size:14px}.node .what,.node .load{fill:var(--dim);font-size:11px}.node .share{font-size:11px}
.node .state{font-size:12px;font-weight:600}
.node .bar{fill:var(--grid)}.node .fill{fill:var(--good)}.node .fill.busy{fill:var(--warn)}.node .fill.full{fill:var(--bad)}
.node[data-state=full] .fill,.node[data-state=failing] .fill,.node[data-state=down] .fill{fill:var(--bad)}
#still .node[data-state=full] .fill.well{fill:var(--good)}
.wire{fill:none;stroke:var(--edge);stroke-width:1.5}.wire.delivers{stroke-dasharray:5 4}.wire.hot{stroke:var(--bad);stroke-width:3}.tip{fill:var(--edge)}
.on-wire{font-size:11px;fill:var(--dim);paint-order:stroke;stroke:var(--ground);stroke-width:4px;stroke-linejoin:round}.on-wire .bare{fill:var(--bad)}
.controls{display:flex;flex-wrap:wrap;gap:10px 16px;align-items:center;background:var(--panel);border-radius:8px;padding:.7em 1em;margin:.6em 0}
.controls input[type=range]{flex:1 1 240px;min-width:0;accent-color:var(--accent);height:28px}
.controls select,.controls button{font:inherit;padding:.35em .7em;max-width:100%}
#replay-say{min-height:3em;margin:.3em 0;max-width:none}
.finding{border:1px solid var(--grid);border-left:5px solid var(--edge);border-radius:6px;padding:.6em 1em .8em;margin:.8em 0;break-inside:avoid}
.finding.P0{border-left-color:var(--bad)}.finding.P1{border-left-color:var(--warn)}
.finding h3{margin:.1em 0 .3em}
.finding p{max-width:none}.finding ul{margin:.4em 0 .6em;padding-left:1.3em}
.tag{display:inline-block;font-size:.8rem;font-weight:700;border-radius:4px;padding:.05em .5em;margin-right:.5em;background:var(--panel);color:var(--text)}
.tag.P0{background:var(--bad-ground);color:var(--bad)}.tag.P1{background:var(--warn-ground);color:var(--warn)}
.effects{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:8px 20px;margin:.5em 0}
.effects svg{width:100%;height:auto;max-width:340px}
.effects text{font-size:12px;fill:var(--text);font-family:system-ui,sans-serif}.effects .was{fill:var(--edge)}.effects .now{fill:var(--good)}.effects .now.worse{fill:var(--bad)}
.cascade{list-style:none;padding:0;margin:.4em 0}.cascade li{margin:.15em 0}
.cascade .at{display:inline-block;min-width:5.2em;color:var(--dim);font-variant-numeric:tabular-nums}
.time,.line{display:flex;height:.9em;margin-top:.3em;min-width:110px}.line{min-width:200px}.waterfall{width:100%}.waterfall .when{width:50%}.narrow{display:none}.line span,.time span{flex:none}
.works{background:var(--accent)}.works.failed{background:var(--bad)}.waits{background:repeating-linear-gradient(135deg,var(--warn) 0 3px,var(--warn-ground) 3px 6px)}
.line span:last-child{min-width:2px}
.waterfall tbody th{white-space:normal;min-width:16ch}.waterfall td,.waterfall th{padding-top:.12em;padding-bottom:.12em}
details{margin:.5em 0}summary{cursor:pointer;color:var(--accent);padding:.2em 0}
footer{margin-top:3em;padding-bottom:3em;color:var(--dim);font-size:.9rem}
@media (min-width:1000px){.topology{max-width:100%;height:auto}}
@media (max-width:600px){.opt{display:none}.narrow{display:inline}.line{min-width:60px}.waterfall{font-size:.8rem}.waterfall td,.waterfall th{padding-left:.2em;padding-right:.2em}.waterfall tbody th,.scroll td.text{min-width:8ch}table{font-size:.84rem}body{font-size:15px}main,header,footer{padding-left:14px;padding-right:14px}h1{font-size:1.45rem}th,td{padding:.3em .35em}}
@media print{:root{--ground:#fff;--panel:#f5f6f8;--text:#000;--dim:#444;--grid:#ccc;--edge:#666;--bad:#a01b10;--bad-ground:#fdecea;--warn:#7a4a00;--warn-ground:#fdf1dc;--good:#0f5c33;--good-ground:#e6f4ec;--accent:#1f4f9f;--fault:#f6dcd9;--line1:#1f5fbf;--line2:#b35900;--line3:#177245;--line4:#8e3a9d;--line5:#5a6472}nav,.controls{display:none}.scroll,.wide{overflow:visible}.topology{width:100%;height:auto}pre{white-space:pre-wrap}body{font-size:13px}table{font-size:.82rem}th,td{padding:.2em .4em}.time{min-width:70px}main,header,footer{max-width:none;padding:0}a{color:inherit}}
"#;

/// Replays a failure on the picture. Everything it writes is text or a number; without it the page still tells all.
pub(super) const SCRIPT: &str = r#"
(() => {
  // The picture's middle, where the traffic comes in, is seen first on a narrow screen.
  document.querySelectorAll('.wide').forEach((w) => { w.scrollLeft = (w.scrollWidth - w.clientWidth) / 2; });
  const get = (id) => document.getElementById(id);
  const source = get('replay-data');
  if (!source) return;
  const all = JSON.parse(source.textContent);
  const pick = get('replay-pick'), time = get('replay-time'), play = get('replay-play'), say = get('replay-say');
  get('replay-controls').hidden = false;
  const words = { w: 'works', f: 'full', x: 'failing', d: 'down' };
  const states = { w: 'well', f: 'full', x: 'failing', d: 'down' };
  let course = all[0], timer = 0, fresh = true;
  const seconds = (s) => Math.abs(s) >= 10 ? Math.round(s) + ' s' : s.toFixed(1) + ' s';
  const show = () => {
    const i = Number(time.value), at = (i + 1) * course.window, frame = course.frames[i];
    const on = at > course.from && at - course.window < course.until;
    const troubled = [];
    frame.s.split('').forEach((state, n) => {
      const node = get('n' + course.nodes[n]);
      if (!node) return;
      const busy = frame.b[n];
      const struck = on && course.struck === course.nodes[n];
      node.dataset.state = states[state];
      node.classList.toggle('struck', struck);
      node.querySelector('.fill').setAttribute('width', busy === null ? 0 : 1.4 * busy);
      const part = busy === null ? '' : ', ' + busy + '% busy';
      node.querySelector('.state').textContent = (!struck ? words[state] : state === 'w' ? 'struck' : 'struck, ' + words[state]) + part;
      if (state !== 'w') troubled.push(course.names[n] + ' ' + words[state]);
    });
    document.querySelectorAll('#live .wire').forEach((wire) => {
      const to = get('n' + wire.dataset.to);
      wire.classList.toggle('hot', to.dataset.state === 'failing' || to.dataset.state === 'down');
    });
    const after = at - course.from;
    const when = after <= 0 ? 'Before it begins' : at <= course.until ? seconds(after) + ' after it began' : seconds(at - course.until) + ' after its end';
    const past = course.events.filter((e) => e[0] <= after).slice(-1).map((e) => ' Last: ' + e[1] + '.').join('');
    const text = when + ': ' + frame.g + ' requests answered and ' + frame.f + ' failed per second. ' +
      (troubled.length ? 'In trouble: ' + troubled.join(', ') + '.' : 'All works.') + past;
    say.textContent = text;
    time.setAttribute('aria-valuetext', text);
  };
  const choose = () => {
    course = all[Number(pick.value)];
    time.max = course.frames.length - 1;
    // Begins where most is in trouble and most fails; playing begins before the fault.
    const trouble = (f) => (f.s.length - f.s.split('w').length + 1) * 1e9 + f.f;
    time.value = course.frames.reduce((worst, f, i) => trouble(f) > trouble(course.frames[worst]) ? i : worst, 0);
    fresh = true;
    show();
  };
  const stop = () => { clearInterval(timer); timer = 0; play.textContent = 'Play'; };
  play.addEventListener('click', () => {
    if (timer) return stop();
    if (fresh || Number(time.value) >= Number(time.max)) time.value = Math.max(0, Math.floor(course.from / course.window) - 2);
    fresh = false;
    play.textContent = 'Pause';
    timer = setInterval(() => {
      if (Number(time.value) >= Number(time.max)) return stop();
      time.value = Number(time.value) + 1;
      show();
    }, 250);
  });
  time.addEventListener('input', () => { fresh = false; stop(); show(); });
  pick.addEventListener('change', () => { stop(); choose(); });
  choose();
})();
"#;
