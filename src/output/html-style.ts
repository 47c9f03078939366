import { Markup } from './html-markup.js';

/** Light by default and in print, dark when the reader's system is. Text colours meet WCAG AA on their grounds. */
const COLOURS = `
:root{--ground:#f5f4f0;--paper:#fff;--ink:#1b2127;--soft:#56606b;--line:#ddd9d0;--rail:#e8e5dd;
  --accent:#0a6a73;--window:#0a6a7314;
--critical:#9f1239;--high:#b0450c;--medium:#7a5900;--low:#1d5f86;--informational:#56606b;--on-solid:#fff;
--traffic:#0a6a73;--destination:#2456a6;--process:#7b3fa0;--file:#3d6b1f;--orchestration:#b0450c;
  --registry:#8a4b2a;
--bar:#a9c3c5;--above:#0a6a73;--band:#1b21271f;--caution:#fdf3d8;--caution-line:#c99a1d}
@media screen and (prefers-color-scheme:dark){:root{--ground:#0f1418;--paper:#171e24;--ink:#e6ebee;
  --soft:#a0afb9;--line:#2c3740;--rail:#26303a;--accent:#62c6cf;--window:#62c6cf1c;
--critical:#ff8fa3;--high:#ffa873;--medium:#ebc65f;--low:#83c6ee;--informational:#a9b6bf;--on-solid:#12181d;
--traffic:#62c6cf;--destination:#8db4ff;--process:#cf9cf0;--file:#9dcf78;--orchestration:#ffa873;
  --registry:#e0a98a;
--bar:#355a60;--above:#62c6cf;--band:#e6ebee2e;--caution:#2d2611;--caution-line:#a8842a}}`;

const PAGE = `
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);
  font:16px/1.55 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",
  "Liberation Sans",Arial,sans-serif;overflow-wrap:anywhere}
.masthead,main{max-width:1080px;margin:0 auto;padding:0 28px}
.masthead{display:flex;justify-content:space-between;align-items:center;gap:24px;padding-top:22px;
  padding-bottom:18px;border-bottom:1px solid var(--line)}
.masthead p{margin:0}
.brand{display:flex;align-items:center;gap:10px;font-weight:680;font-size:18px;letter-spacing:-.01em;
  white-space:nowrap}
.brand span{font-weight:400;color:var(--soft)}
.run{text-align:right;color:var(--soft);font-size:13.5px;line-height:1.45}
.logo-box{fill:none;stroke:var(--accent);stroke-width:2.2;stroke-linejoin:round}
.logo-ribs{stroke:var(--accent);stroke-width:1.4;opacity:.6}
.logo-eye{fill:var(--accent)}
main{padding-bottom:72px}
h1{font-size:clamp(25px,3.6vw,36px);line-height:1.2;letter-spacing:-.022em;font-weight:680;
  margin:40px 0 22px;text-wrap:balance}
h2{font-size:22px;letter-spacing:-.015em;line-height:1.25;margin:56px 0 14px}
h3{font-size:25px;letter-spacing:-.018em;line-height:1.2;margin:6px 0 0}
h3.minor{font-size:17px;margin:24px 0 8px}
h4{font-size:15px;font-weight:650;margin:34px 0 10px}
a{color:var(--accent);text-underline-offset:3px}
a:focus-visible,summary:focus-visible,[tabindex]:focus-visible{outline:2px solid var(--accent);
  outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-999px}
.skip:focus{left:12px;top:12px;background:var(--paper);padding:8px 12px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.mono{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace;
  font-size:.875em}
.fine{color:var(--soft);font-size:13.5px}
.fine.mono{font-size:12.5px}
.nowrap{white-space:nowrap}
.none{color:var(--soft);margin:8px 0}
.caution{background:var(--caution);border:1px solid var(--caution-line);border-radius:8px;
  padding:10px 16px;margin:0 0 14px}
ul,ol{padding-left:22px}
li{margin:4px 0}`;

const CARDS = `
.cards{display:grid;grid-template-columns:repeat(6,1fr);gap:1px;background:var(--line);
  border:1px solid var(--line);border-radius:12px;overflow:hidden;margin:24px 0 0}
.card{background:var(--paper);padding:14px 16px 15px;display:flex;flex-direction:column;color:inherit;
  text-decoration:none}
.card:hover .name{text-decoration:underline}
.card .name{color:var(--soft);font-size:13.5px}
.card .value{font-size:25px;font-weight:660;letter-spacing:-.02em;font-variant-numeric:tabular-nums;
  line-height:1.35}
.card small{font-size:15px;font-weight:400;color:var(--soft)}
.card .note{font-size:13.5px;line-height:1.4;color:var(--soft)}
@media(max-width:900px){.cards{grid-template-columns:repeat(3,1fr)}}
@media(max-width:520px){.cards{grid-template-columns:repeat(2,1fr)}
.masthead{flex-direction:column;align-items:flex-start}
.run{text-align:left}}`;

const TABLES = `
.scroll{overflow:auto}
table{border-collapse:collapse;width:100%;font-size:14.5px;line-height:1.45;
  font-variant-numeric:tabular-nums}
th{text-align:left;font-weight:550;font-size:13px;color:var(--soft);border-bottom:1px solid var(--line);
  padding:6px 14px 6px 0;white-space:nowrap}
td{padding:9px 14px 9px 0;border-bottom:1px solid var(--line);vertical-align:top;min-width:104px;
  max-width:460px}
td.num{min-width:56px}
td.said{width:100%;max-width:none}
th:last-child,td:last-child{padding-right:0}
th.num,td.num{text-align:right;white-space:nowrap}
td.num .fine{white-space:normal;display:inline-block;max-width:130px}
tbody tr:last-child td{border-bottom:0}
.left-out td{color:var(--soft)}
.badge{display:inline-flex;align-items:center;gap:6px;font-size:12.5px;font-weight:620;
  padding:1px 9px 1px 8px;border-radius:999px;white-space:nowrap;border:1px solid currentColor}
.badge svg{fill:currentColor;flex:none}
.badge.solid{border-color:transparent;color:var(--on-solid)}
.badge.sev-critical{background:var(--critical)}
.badge.sev-high{background:var(--high)}
.badge.sev-medium{background:var(--medium)}
.badge.sev-low{background:var(--low)}
.badge.sev-informational{background:var(--informational)}
.badge.state-fired{color:var(--high)}
.badge.state-quiet{color:var(--file)}
.badge.state-degraded{color:var(--medium)}
.badge.state-blind{color:var(--critical)}
.dense{max-width:560px}
.dense .scroll{max-height:380px}
.dense td{padding-top:3px;padding-bottom:3px}
.dense thead th{position:sticky;top:0;background:var(--paper)}
details{margin:12px 0}
summary{cursor:pointer;color:var(--accent);font-size:14.5px;width:fit-content}
details[open]>summary{margin-bottom:8px}
pre{margin:0;background:var(--ground);border:1px solid var(--line);border-radius:8px;padding:14px 16px;
  overflow:auto;max-height:420px;white-space:pre-wrap;
  font:13px/1.55 ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace}`;

const FINDINGS = `
.finding{background:var(--paper);border:1px solid var(--line);border-radius:14px;margin:26px 0;
  padding:26px 30px 24px;border-top:5px solid var(--sev)}
.finding.sev-critical{--sev:var(--critical)}
.finding.sev-high{--sev:var(--high)}
.finding.sev-medium{--sev:var(--medium)}
.finding.sev-low{--sev:var(--low)}
.finding.sev-informational{--sev:var(--informational)}
.finding>header{display:flex;justify-content:space-between;gap:24px;align-items:flex-start}
.kicker{margin:0;display:flex;flex-wrap:wrap;gap:4px 10px;align-items:center;color:var(--soft);
  font-size:14.5px}
.score{margin:0;text-align:right;line-height:1}
.score .value{display:block;font-size:40px;font-weight:680;letter-spacing:-.03em;
  font-variant-numeric:tabular-nums;color:var(--sev)}
.score .unit{font-size:13px;color:var(--soft)}
.why{font-size:18.5px;line-height:1.5;margin:14px 0 20px;max-width:46em;text-wrap:pretty}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(270px,1fr));gap:12px 24px;margin:0;
  padding:16px 0;border-block:1px solid var(--line)}
.facts dt,.measured dt{color:var(--soft);font-size:13px}
.facts dd{margin:0;font-size:14.5px;line-height:1.4}
.kind,.analytic{white-space:nowrap}
.measured{margin:3px 0 0;display:flex;flex-wrap:wrap;gap:1px 18px}
.measured div{display:flex;gap:6px;align-items:baseline}
.measured dt{white-space:nowrap}
.measured dd{margin:0;font-size:13.5px}
.equation{font:13px/1.6 ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",
  monospace;color:var(--soft);margin:8px 0 10px}
.stacked{display:block;width:100%;height:14px;border-radius:4px}
.stacked .fill{stroke:var(--paper);stroke-width:.25}
.likelihood{display:block;width:100%;min-width:56px;height:5px;margin-top:5px;border-radius:3px}
.rail{fill:var(--rail)}
.fill.traffic{fill:var(--traffic)}
.fill.destination{fill:var(--destination)}
.fill.process{fill:var(--process)}
.fill.file{fill:var(--file)}
.fill.orchestration{fill:var(--orchestration)}
.fill.registry{fill:var(--registry)}
.swatch{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:7px}
.swatch.traffic{background:var(--traffic)}
.swatch.destination{background:var(--destination)}
.swatch.process{background:var(--process)}
.swatch.file{background:var(--file)}
.swatch.orchestration{background:var(--orchestration)}
.swatch.registry{background:var(--registry)}
.strategies{list-style:none;padding:0;margin:0;display:grid;gap:8px}
.strategy{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:11px 16px}
.strategy p{margin:0;display:flex;flex-wrap:wrap;gap:4px 10px;align-items:center}
.strategy ul{margin:6px 0 0;color:var(--soft);font-size:14.5px}
.strategy.state-blind{border-color:var(--critical)}
.strategy.state-degraded{border-color:var(--caution-line)}`;

const PICTURES = `
figure{margin:0}
figcaption{font-size:14.5px;color:var(--soft);margin-bottom:12px;max-width:60em}
.picture{overflow-x:auto}
.picture svg{display:block;width:100%;min-width:560px;height:auto;font-family:inherit}
.tick,.note{fill:var(--soft);font-size:12.5px;font-variant-numeric:tabular-nums}
.note{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.lane-name{fill:var(--ink);font-size:13px}
.grid{stroke:var(--line)}
.axis{stroke:var(--soft)}
.lane{stroke:var(--line)}
.window{fill:var(--window)}
.bar{fill:var(--bar)}
.bar.above{fill:var(--above)}
.band{fill:var(--band)}
.median{stroke:var(--ink);stroke-dasharray:4 3}
.mark{stroke:var(--paper);stroke-width:1.2;fill-rule:evenodd}
.lead{stroke-width:1;stroke-dasharray:2 3;opacity:.55}
.mark.traffic{fill:var(--traffic)}
.mark.destination{fill:var(--destination)}
.mark.process{fill:var(--process)}
.mark.file{fill:var(--file)}
.mark.orchestration{fill:var(--orchestration)}
.mark.registry{fill:var(--registry)}
.lead.process{stroke:var(--process)}
.lead.orchestration{stroke:var(--orchestration)}
.legend{list-style:none;padding:0;margin:8px 0 0;display:flex;flex-wrap:wrap;gap:4px 18px;
  font-size:13.5px;color:var(--soft)}
.legend li{display:flex;align-items:center;gap:6px;margin:0}`;

const MEDIA = `
@media(max-width:760px){.masthead,main{padding-left:18px;padding-right:18px}
.finding{padding:20px 18px}
.score .value{font-size:32px}
h3{font-size:21px}
.why{font-size:17px}
.tick,.note,.lane-name{font-size:15.5px}
th{white-space:normal;vertical-align:bottom}
th,td{padding-right:10px}}
@media(prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
@media print{body{font-size:11pt;background:#fff}
.masthead,main{max-width:none;padding:0}
.finding{border-radius:0;padding:12pt 0;border-inline:0;border-bottom:0}
.scroll,.picture{overflow:visible}
.picture svg{min-width:0}
pre{max-height:none}
h2,h3,h4,header,summary{break-after:avoid}
figure,tr,.card,.strategy{break-inside:avoid}
details:not(.numbers)::details-content{content-visibility:visible;display:block;block-size:auto}
.skip{display:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}`;

/** The page's only style sheet; it names no font file, image or address. */
export const STYLE = new Markup([COLOURS, PAGE, CARDS, TABLES, FINDINGS, PICTURES, MEDIA].join(''));
