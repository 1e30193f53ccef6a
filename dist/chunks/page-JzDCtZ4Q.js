import{a as e,r as t}from"./escape-Bv536y4x.js";import{i as n,n as r,t as i}from"./text-Db4sgLzt.js";function renderPageText(t,{width:r,color:i}){const a=Math.max(40,r);const bold=e=>i?`\u001b[1m${e}\u001b[0m`:e;return`${[n(e(t.title),a).map(bold).join(`
`),...t.blocks.map(e=>blockText(e,a,bold))].join(`

`)}\n`}function blockText(t,r,i){switch(t.type){case`text`:return n(e(t.text),r).join(`
`);case`list`:return[i(e(t.title)),...t.items.flatMap((e,n)=>itemLines(t,e,n,r))].join(`
`);case`table`:return tableText(t.columns,t.rows,r).join(`
`)}}function itemLines(t,r,i,a){const o=t.numbered?`  ${i+1}. `:`  - `;return n(e(r),a-o.length).map((e,t)=>`${t===0?o:` `.repeat(o.length)}${e}`)}function tableText(t,a,o){const s=[t.map(({header:e})=>e),...a.map(t=>t.map(e))];const c=t.map((e,t)=>Math.max(...s.map(e=>i(e[t]??``))));if(c.reduce((e,t)=>e+t+2,-2)<=o)return s.map(e=>e.map((e,n)=>r(e,c[n]??0,t[n]?.right??false)).join(`  `).trimEnd());return s.slice(1).flatMap(([e=``,...r])=>[e,...r.flatMap((e,r)=>n(`${t[r+1]?.header??``}: ${e}`,o-2).map(e=>`  ${e}`))])}function renderPageMarkdown(e){return`${[`## ${t(e.title)}`,...e.blocks.map(blockMarkdown)].join(`

`)}\n`}function blockMarkdown(e){switch(e.type){case`text`:return t(e.text);case`list`:return[`### ${t(e.title)}`,``,...e.items.map((n,r)=>`${e.numbered?`${r+1}.`:`-`} ${t(n)}`)].join(`
`);case`table`:return[e.columns.map(({header:e})=>t(e)),e.columns.map(e=>e.right?`---:`:`---`),...e.rows.map(e=>e.map(t))].map(e=>`| ${e.join(` | `)} |`).join(`
`)}}export{renderPageMarkdown,renderPageText};