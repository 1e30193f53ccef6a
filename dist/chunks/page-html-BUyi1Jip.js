import{n as e}from"./escape-Bv536y4x.js";import{n as t}from"./html-style-CZg7nrQX.js";function renderPageHtml(n){return`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${e(n.title)}</title>
<style>${t}</style>
</head>
<body>
<main>
<section class="card">
<h1>${e(n.title)}</h1>
${n.blocks.map(blockHtml).join(`
`)}
</section>
</main>
</body>
</html>
`}function blockHtml(t){switch(t.type){case`text`:return`<p class="note">${e(t.text)}</p>`;case`list`:{const n=t.numbered?`ol`:`ul`;const r=t.items.map(t=>`<li>${e(t)}</li>`).join(``);return`<h2 class="small">${e(t.title)}</h2>\n<${n}>${r}</${n}>`}case`table`:return tableHtml(t.columns,t.rows)}}function tableHtml(t,n){return`<div class="scroll"><table><thead><tr>${t.map(({header:t})=>`<th scope="col">${e(t)}</th>`).join(``)}</tr></thead><tbody>\n${n.map(([n=``,...r])=>{const i=r.map((n,r)=>`<td${t[r+1]?.right===true?` class="number"`:``}>${e(n)}</td>`);return`<tr><th scope="row">${e(n)}</th>${i.join(``)}</tr>`}).join(`
`)}\n</tbody></table></div>`}export{renderPageHtml};