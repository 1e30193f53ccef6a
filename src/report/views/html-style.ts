/** The only style sheet of the page; colours are readable on light and dark (contrast of text at least 4.5 to 1). */
export const STYLE = `
:root{--page:#f6f7f9;--card:#fff;--ink:#1c2128;--soft:#57606a;--line:#d8dee4;--grid:#e8ebef;--treated:#c1121f;--expected:#0550ae;
--harm:#fbe3e4;--window:#eef4fb;--regression:#c1121f;--improvement:#0550ae;--no-impact:#1a7f37;--inconclusive:#9a6700;--invalid:#57606a}
@media (prefers-color-scheme:dark){:root{--page:#0d1117;--card:#161b22;--ink:#e6edf3;--soft:#9ba6b2;--line:#30363d;--grid:#262c34;
--treated:#ff7b72;--expected:#79c0ff;--harm:#3d1d20;--window:#14243a;--regression:#ff7b72;--improvement:#79c0ff;--no-impact:#56d364;
--inconclusive:#e3b341;--invalid:#9ba6b2}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1060px;margin:0 auto;padding:24px 20px 40px}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:22px 24px;margin:0 0 18px}
.verdict{border-top:6px solid var(--tone)}
.regression{--tone:var(--regression)}.improvement{--tone:var(--improvement)}.no-impact{--tone:var(--no-impact)}
.inconclusive{--tone:var(--inconclusive)}.invalid{--tone:var(--invalid)}
.eyebrow,.setting,.note,footer{color:var(--soft);font-size:14px}
.eyebrow{margin:0 0 6px}
h1{font-size:clamp(21px,3.4vw,30px);line-height:1.25;margin:0 0 14px;letter-spacing:-.01em;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:19px;margin:0 0 12px}h3{font-size:16px;margin:22px 0 8px}
.word{color:var(--tone)}
.word::before,.state::before{content:"";display:inline-block;width:.62em;height:.62em;border-radius:50%;background:var(--tone);margin-right:.4em;vertical-align:.04em}
.lead{font-size:17px;margin:0 0 12px;max-width:74ch}
.next{margin:0 0 12px;padding:10px 14px;border-left:4px solid var(--tone);background:var(--page);border-radius:0 8px 8px 0;max-width:80ch}
.setting{margin:0}
.scroll{overflow-x:auto;margin:0 -4px;padding:0 4px}
table{border-collapse:collapse;width:100%;font-size:15px;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:8px 12px 8px 0;border-bottom:1px solid var(--line);vertical-align:middle}
thead th{color:var(--soft);font-size:13px;font-weight:600;white-space:nowrap}
tbody tr:last-child>*{border-bottom:0}
th[scope=row]{font-weight:600}
td.number{white-space:nowrap}
.state{white-space:nowrap;color:var(--tone);font-weight:600}
.aside{display:block;color:var(--soft);font-size:13px;font-weight:400;white-space:normal}
.effect{width:180px}.effect svg{width:180px;max-width:none}
details{border-top:1px solid var(--line);padding:12px 0}
details:first-of-type{border-top:0}
summary{cursor:pointer;font-weight:600}
summary .state{margin-left:.6em}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:14px 22px;margin:14px 0}
figure{margin:0;min-width:0}figcaption{color:var(--soft);font-size:13.5px;margin:0 0 4px}
.facts{font-size:14.5px;align-self:center;color:var(--soft)}.facts p{margin:0 0 8px;color:var(--ink)}
.chart{display:block;width:100%;height:auto;overflow:visible}
.key{display:inline-block;width:1.5em;border-top:3px solid var(--treated);vertical-align:.25em;margin-right:.35em}
.key.expected{border-top:3px dashed var(--expected);margin-left:.9em}
.grid{stroke:var(--grid)}.tick,.axis{fill:var(--soft);font-size:12px}.strong{fill:var(--ink);font-weight:600}
.line{fill:none;stroke-width:2;stroke-linejoin:round}.treated{stroke:var(--treated)}.counterfactual{stroke:var(--expected);stroke-dasharray:6 4}
.window{fill:var(--window)}.deploy{stroke:var(--ink);stroke-width:1.5}.zero{stroke:var(--soft);stroke-dasharray:2 3}
.baseline{stroke:var(--grid)}.harm{fill:var(--harm)}.margin{stroke:var(--regression);stroke-width:1.5}
.whisker{stroke:var(--ink);stroke-width:2}.dot{fill:var(--ink)}.before{fill:var(--card);stroke:var(--ink);stroke-width:2}
.placebo{fill:var(--soft)}.effect-line,line.effect{stroke:var(--treated);stroke-width:2.5}
ul{padding-left:20px;margin:8px 0}li{margin:3px 0}
code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;background:var(--page);border-radius:5px}
code{padding:1px 5px;overflow-wrap:anywhere}pre{padding:12px;overflow-x:auto;margin:8px 0}
a{color:var(--expected)}
.checks .state{--tone:var(--no-impact)}.checks .failed{--tone:var(--regression)}.checks .noted{--tone:var(--invalid)}.checks .not-run{--tone:var(--invalid)}
@media (max-width:640px){main{padding:12px 10px 28px}.card{padding:16px 14px}
table.stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table.stack tr{display:grid;grid-template-columns:1fr 1fr;padding:10px 0;border-bottom:1px solid var(--line)}
table.stack tbody tr:last-child{border-bottom:0}
table.stack th,table.stack td{border:0;padding:2px 8px 2px 0}
table.stack th[scope=row],table.stack td.effect,table.stack td.wide{grid-column:1/-1;width:auto}
table.stack td[data-label]::before{content:attr(data-label);display:block;color:var(--soft);font-size:12px}}
@media print{body{background:#fff}.card{break-inside:avoid}}
`;
