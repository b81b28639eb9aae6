// Filters and sorting. The page says everything without it.
document.documentElement.classList.add('js');
const chosen = { dataset: '', model: '' };
const fits = node => Object.entries(chosen).every(([key, value]) => !value || !node.dataset[key] || node.dataset[key] === value);
document.querySelectorAll('.filter select').forEach(select => select.addEventListener('change', () => {
  chosen[select.name] = select.value;
  document.querySelectorAll('[data-dataset], [data-model]').forEach(node =>
    node.classList.toggle(node.closest('svg') ? 'faint' : 'away', !fits(node)));
  document.querySelectorAll('.matrix th[colspan]').forEach(head => {
    const models = head.closest('table').querySelectorAll(`th[data-model][data-dataset="${head.dataset.dataset}"]:not(.away)`);
    head.colSpan = models.length || 1;
    head.classList.toggle('away', !models.length);
  });
}));
document.querySelectorAll('table.sort th').forEach((head, column) => {
  const button = document.createElement('button');
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener('click', () => {
    const row = head.parentNode, place = [...row.children].indexOf(head), body = head.closest('table').tBodies[0];
    const down = head.getAttribute('aria-sort') === 'ascending';
    [...row.children].forEach(other => other.removeAttribute('aria-sort'));
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const value = line => { return line.children[place].textContent.replace('−', '-'); };
    const order = (a, b) => {
      const [x, y] = [value(a), value(b)], [p, q] = [parseFloat(x), parseFloat(y)];
      return isNaN(p) || isNaN(q) ? (isNaN(q) - isNaN(p)) * -1 || x.localeCompare(y) : p - q;
    };
    const lines = [...body.rows].sort(order);
    body.append(...(down ? lines.reverse() : lines));
  });
});
const reveal = () => {
  const card = document.getElementById(location.hash.slice(1));
  for (let node = card; node; node = node.parentElement) if (node.tagName === 'DETAILS') node.open = true;
  card?.scrollIntoView({ behavior: 'instant' });
};
addEventListener('hashchange', reveal);
reveal();
let opened = [];
addEventListener('beforeprint', () => { opened = [...document.querySelectorAll('details:not([open])')]; opened.forEach(d => d.open = true); });
addEventListener('afterprint', () => opened.forEach(d => d.open = false));
