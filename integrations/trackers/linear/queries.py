"""The questions to Linear's GraphQL API. Each stands by its name, and asks for as little as it
can: Linear counts what a question may cost."""

from __future__ import annotations

LINEAR_ISSUE_FIELDS = """
fragment IssueFields on Issue {
  id identifier title url trashed completedAt canceledAt updatedAt
  state { id name type }
  labels(first: 50) { nodes { name } }
}
"""
VIEWER = "query RelayViewer { viewer { id name displayName app } }"
TEAM = """
query RelayTeam($key: String!) {
  teams(filter: { key: { eq: $key } }, first: 1) { nodes {
    id key name private archivedAt
    states(first: 100) { nodes { id name type position } }
  } }
}
"""
LABELS = """
query RelayLabels($names: [String!]!) {
  issueLabels(filter: { name: { in: $names } }, first: 100) { nodes { id name team { id } } }
}
"""
ADD_LABEL = """
mutation RelayAddLabel($input: IssueLabelCreateInput!) {
  issueLabelCreate(input: $input) { success issueLabel { id name } }
}
"""
ISSUE_READ = (
    """
query RelayIssue($id: String!) { issue(id: $id) {
  ...IssueFields
  relations(first: 50) { nodes { id type relatedIssue { id identifier url } } }
} }
"""
    + LINEAR_ISSUE_FIELDS
)
MARKED_ISSUES = (
    """
query RelayMarked($team: String!, $marker: String!) {
  issues(
    filter: { team: { key: { eq: $team } }, description: { contains: $marker } }
    first: 10 includeArchived: true
  ) { nodes { ...IssueFields createdAt } }
}
"""
    + LINEAR_ISSUE_FIELDS
)
CHANGED_ISSUES = (
    """
query RelayChanged($team: String!, $since: DateTimeOrDuration!, $after: String) {
  issues(
    filter: { team: { key: { eq: $team } }, updatedAt: { gte: $since } }
    first: 50 after: $after orderBy: updatedAt includeArchived: true
  ) { nodes { ...IssueFields } pageInfo { hasNextPage endCursor } }
}
"""
    + LINEAR_ISSUE_FIELDS
)
ALIKE_ISSUES = """
query RelayAlike($term: String!, $team: String!) {
  searchIssues(term: $term, teamId: $team, first: 30) { nodes {
    id identifier title url trashed completedAt canceledAt updatedAt state { id name type }
  } }
}
"""
CREATE_ISSUE = (
    """
mutation RelayCreate($input: IssueCreateInput!) {
  issueCreate(input: $input) { success issue { ...IssueFields } }
}
"""
    + LINEAR_ISSUE_FIELDS
)
CHANGE_ISSUE = (
    """
mutation RelayChange($id: String!, $input: IssueUpdateInput!) {
  issueUpdate(id: $id, input: $input) { success issue { ...IssueFields } }
}
"""
    + LINEAR_ISSUE_FIELDS
)
COMMENT = "query RelayComment($id: String!) { comment(id: $id) { id body archivedAt } }"
ADD_COMMENT = """
mutation RelayAddComment($input: CommentCreateInput!) { commentCreate(input: $input) { success } }
"""
CHANGE_COMMENT = """
mutation RelayChangeComment($id: String!, $input: CommentUpdateInput!) {
  commentUpdate(id: $id, input: $input, skipEditedAt: true) { success }
}
"""
ATTACH = """
mutation RelayAttach($input: AttachmentCreateInput!) {
  attachmentCreate(input: $input) { success }
}
"""
RELATE = """
mutation RelayRelate($input: IssueRelationCreateInput!) {
  issueRelationCreate(input: $input) { success issueRelation { id } }
}
"""
UNRELATE = "mutation RelayUnrelate($id: String!) { issueRelationDelete(id: $id) { success } }"
HOOKS = "query RelayHooks { webhooks(first: 100) { nodes { id url } } }"
ADD_HOOK = """
mutation RelayAddHook($input: WebhookCreateInput!) {
  webhookCreate(input: $input) { success webhook { id } }
}
"""
CHANGE_HOOK = """
mutation RelayChangeHook($id: String!, $input: WebhookUpdateInput!) {
  webhookUpdate(id: $id, input: $input) { success webhook { id } }
}
"""
