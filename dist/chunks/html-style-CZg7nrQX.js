const e=`
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#1c2128;--soft:#57606a;--line:#d8dee4;--grid:#e8ebef;--treated:#c1121f;
--expected:#0550ae;--control:#6e7781;--harm:#fbe3e4;--window:#eef4fb;--focus:#0550ae;--regression:#c1121f;--improvement:#0550ae;
--no-impact:#1a7f37;--inconclusive:#8a5d00;--invalid:#57606a}
@media (prefers-color-scheme:dark){:root{--page:#0d1117;--card:#161b22;--ink:#e6edf3;--soft:#9ba6b2;--line:#30363d;--grid:#262c34;
--treated:#ff7b72;--expected:#79c0ff;--control:#8b949e;--harm:#3d1d20;--window:#14243a;--focus:#79c0ff;--regression:#ff7b72;
--improvement:#79c0ff;--no-impact:#56d364;--inconclusive:#e3b341;--invalid:#9ba6b2}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1060px;margin:0 auto;padding:24px 20px 40px}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:22px 24px;margin:0 0 18px}
.regression{--tone:var(--regression)}.improvement{--tone:var(--improvement)}.no-impact{--tone:var(--no-impact)}
.inconclusive{--tone:var(--inconclusive)}.invalid{--tone:var(--invalid)}
.eyebrow,.setting,.note,.footer{color:var(--soft);font-size:14px}
.eyebrow{margin:0 0 6px}.note{margin:8px 0}
h1{font-size:clamp(21px,3.4vw,30px);line-height:1.25;margin:0 0 14px;letter-spacing:-.01em;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:19px;margin:0 0 12px}h2.small{font-size:15px;margin:16px 0 4px}h3{font-size:16px;margin:22px 0 8px}
.word{color:var(--tone)}
.word::before,.state::before{content:"";display:inline-block;width:.62em;height:.62em;border-radius:50%;background:var(--tone);margin-right:.4em;vertical-align:.04em}
.state{white-space:nowrap;color:var(--tone);font-weight:600}
.aside{display:block;color:var(--soft);font-size:13px;font-weight:400;white-space:normal}
.scroll{overflow-x:auto;margin:0 -4px;padding:0 4px}
table{border-collapse:collapse;width:100%;font-size:15px;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:8px 12px 8px 0;border-bottom:1px solid var(--line);vertical-align:middle}
thead th{color:var(--soft);font-size:13px;font-weight:600;white-space:nowrap}
tbody tr:last-child>*{border-bottom:0}
th[scope=row]{font-weight:600}
td.number{white-space:nowrap}
ul,ol{padding-left:20px;margin:8px 0}li{margin:3px 0}
code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;background:var(--page);border-radius:5px}
code{padding:1px 5px;overflow-wrap:anywhere}pre{padding:12px;overflow:auto;max-height:320px;margin:8px 0}
a{color:var(--expected)}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px;border-radius:4px}
@media (max-width:640px){main{padding:12px 10px 28px}.card{padding:16px 14px}
table.stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table.stack tr{display:grid;grid-template-columns:1fr 1fr;padding:10px 0;border-bottom:1px solid var(--line)}
table.stack tbody tr:last-child{border-bottom:0}
table.stack th,table.stack td{border:0;padding:2px 8px 2px 0;overflow-wrap:anywhere}
table.stack th[scope=row],table.stack td.effect,table.stack td.wide{grid-column:1/-1;width:auto}
table.stack td[data-label]::before{content:attr(data-label);display:block;color:var(--soft);font-size:12px}}
@media print{:root{color-scheme:light}body{background:#fff}main{max-width:none;padding:0}.card{break-inside:avoid;border-color:#bbb}
details::details-content{content-visibility:visible;display:block}pre{max-height:none}}
`;const t=`
.verdict{border-top:6px solid var(--tone)}
.lead{font-size:17px;margin:0 0 12px;max-width:74ch}
.next{margin:0 0 12px;padding:10px 14px;border-left:4px solid var(--tone);background:var(--page);border-radius:0 8px 8px 0;max-width:80ch}
.setting{margin:0}.footer{margin:0}
.views{display:flex;gap:0;border:1px solid var(--line);border-radius:10px;padding:3px;margin:0 0 14px;background:var(--card);width:fit-content;max-width:100%}
.views legend{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.views label{position:relative;display:block}.views input{position:absolute;inset:0;margin:0;opacity:0;cursor:pointer;width:100%;height:100%}
.views span{display:block;padding:6px 16px;border-radius:7px;font-weight:600;font-size:15px;color:var(--soft)}
.views input:checked+span{background:var(--ink);color:var(--card)}
.views input:focus-visible+span{outline:3px solid var(--focus);outline-offset:2px}
@supports selector(:has(*)){
.report:has(#view-executive:checked) .view:not(.in-executive),.report:has(#view-on-call:checked) .view:not(.in-on-call),
.report:has(#view-debug:checked) .view:not(.in-debug){display:none}}
@supports not selector(:has(*)){.views{display:none}}
.lead-effect{display:grid;grid-template-columns:minmax(0,1.7fr) minmax(0,1fr);gap:12px 28px;align-items:center}
.tiles{display:grid;grid-template-columns:1fr 1fr;gap:12px 18px;margin:0}.tiles div{min-width:0}
dt{color:var(--soft);font-size:13px}dd{margin:0;font-size:19px;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.tiles div:first-child dd{font-size:26px;color:var(--tone)}
.concern{border-left:4px solid var(--tone);padding:2px 0 2px 16px;margin:0 0 18px}
.concern h3{margin:0 0 4px;font-size:18px}.concern p{margin:4px 0;max-width:80ch;overflow-wrap:anywhere}
.concern .figure{font-size:20px;font-weight:600;font-variant-numeric:tabular-nums}
.effect{width:180px}.effect svg{width:180px;max-width:none}
details td{overflow-wrap:anywhere}
details{border-top:1px solid var(--line);padding:12px 0}
details:first-of-type{border-top:0}
details details{border-top:1px solid var(--line);padding:8px 0}
summary{cursor:pointer;font-weight:600}
summary .state{margin-left:.6em}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,400px),1fr));gap:14px 22px;margin:14px 0}
figure{margin:0;min-width:0}figcaption{color:var(--soft);font-size:13.5px;margin:0 0 4px}
.chart{display:block;width:100%;height:auto;overflow:visible}
.key{display:inline-block;width:1.5em;border-top:3px solid var(--treated);vertical-align:.25em;margin-right:.35em}
.key.expected{border-top:3px dashed var(--expected);margin-left:.9em}
.grid{fill:none;stroke:var(--grid)}.tick,.axis{fill:var(--soft);font-size:12px}.strong{fill:var(--ink);font-weight:600}.harm-word{fill:var(--regression)}
.hero .strong{font-size:16px}
.line{fill:none;stroke-width:2;stroke-linejoin:round}.treated{stroke:var(--treated)}
.line.counterfactual{stroke:var(--expected);stroke-dasharray:6 4}
.window{fill:var(--window)}.deploy{stroke:var(--ink);stroke-width:1.5}.zero{stroke:var(--soft);stroke-dasharray:2 3}
.baseline{stroke:var(--grid)}.harm{fill:var(--harm)}.margin{stroke:var(--regression);stroke-width:1.5}
.whisker{fill:none;stroke:var(--ink);stroke-width:2}.dot{fill:var(--ink)}
.dots{fill:none;stroke-linecap:round}.dots.ink{stroke:var(--ink)}.dots.treated{stroke:var(--treated)}.dots.control{stroke:var(--control)}.dots.paper{stroke:var(--card)}
.dots.placebo{stroke:var(--soft)}line.effect{stroke:var(--treated);stroke-width:2.5}
.checks .state{--tone:var(--no-impact)}.checks .failed{--tone:var(--regression)}.checks .noted{--tone:var(--invalid)}.checks .not-run{--tone:var(--invalid)}
@media (max-width:640px){.lead-effect{grid-template-columns:minmax(0,1fr)}.views{width:100%}.views label{flex:1;text-align:center}.views span{padding:6px 4px}
.tick,.axis{font-size:15px}.hero .strong{font-size:19px}}
@media print{.views{display:none}.chart{max-width:480px}}
`;export{e as n,t};