/** What `promote --help` prints. */
export const HELP = `promote: where may this change go next, and if not further, why not, and who can change that?

  promote plan                     where the candidate may go next
  promote explain ENVIRONMENT      why it is not there yet, and the smallest set of missing facts
  promote pipeline                 print the built-in pipeline file, to be edited
  promote pipeline --resolved      print the checkout's pipeline file with every default filled in
  promote init                     write a first pipeline file and its workflow, from what the checkout holds
  promote init workflow --local    write the chain as jobs of the repository, from the pipeline file
  promote doctor                   what the settings on GitHub lack, and the commands that mend them

The candidate is the checkout's commit on its branch. Options:

  --ref REF                refs/heads/BRANCH, refs/tags/TAG, or the name alone
  --sha SHA                a commit that the ref contains
  --environment NAME       plan: ask about this environment instead of the next stage
  --artifact-digest D      digest of what was built from the commit
  --migrations ID          identity of the candidate's set of migrations
  --version V              what people call the candidate
  --rollback               ask about going back to the candidate
  --repo OWNER/NAME        default: the remote "origin" of the checkout
  --pipeline PATH          default: .github/promote.yml
  --local                  init: the chain as jobs of the repository, instead of a call to the shipped one
  --force                  init: overwrite files that are there
  --dry-run                init: show what would be written, and write nothing
  --json                   print the decision, the explanation or the differences as JSON
  -h, --help

The token is taken from GH_TOKEN or GITHUB_TOKEN; GITHUB_API_URL and GITHUB_GRAPHQL_URL name another server than github.com.

Exit codes: 0 may go on, or complete · 1 no answer · 2 usage · 3 wait · 4 blocked · 5 superseded · 6 differs
`;
