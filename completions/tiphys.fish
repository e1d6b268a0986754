# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_tiphys_global_optspecs
    string join \n kubeconfig= context= n/argocd-namespace= v/verbose core h/help V/version
end

function __fish_tiphys_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_tiphys_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_tiphys_using_subcommand
    set -l cmd (__fish_tiphys_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c tiphys -n "__fish_tiphys_needs_command" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_needs_command" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_needs_command" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_needs_command" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_needs_command" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c tiphys -n "__fish_tiphys_needs_command" -s V -l version -d 'Print version'
complete -c tiphys -n "__fish_tiphys_needs_command" -f -a "app" -d 'Manage applications'
complete -c tiphys -n "__fish_tiphys_needs_command" -f -a "proj" -d 'Manage projects'
complete -c tiphys -n "__fish_tiphys_needs_command" -f -a "admin" -d 'Set up a cluster and read Argo CD\'s secrets'
complete -c tiphys -n "__fish_tiphys_needs_command" -f -a "kustomize" -d 'Render kustomizations'
complete -c tiphys -n "__fish_tiphys_needs_command" -f -a "version" -d 'Print the version'
complete -c tiphys -n "__fish_tiphys_needs_command" -f -a "completion" -d 'Print a completion script'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and not __fish_seen_subcommand_from create delete diff get history list manifests set sync wait" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and not __fish_seen_subcommand_from create delete diff get history list manifests set sync wait" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and not __fish_seen_subcommand_from create delete diff get history list manifests set sync wait" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and not __fish_seen_subcommand_from create delete diff get history list manifests set sync wait" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and not __fish_seen_subcommand_from create delete diff get history list manifests set sync wait" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and not __fish_seen_subcommand_from create delete diff get history list manifests set sync wait" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and not __fish_seen_subcommand_from create delete diff get history list manifests set sync wait" -f -a "create" -d 'Create an application'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and not __fish_seen_subcommand_from create delete diff get history list manifests set sync wait" -f -a "delete" -d 'Delete an application and its resources'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and not __fish_seen_subcommand_from create delete diff get history list manifests set sync wait" -f -a "diff" -d 'Show what a sync would change'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and not __fish_seen_subcommand_from create delete diff get history list manifests set sync wait" -f -a "get" -d 'Show an application'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and not __fish_seen_subcommand_from create delete diff get history list manifests set sync wait" -f -a "history" -d 'Show the deployment history of an application'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and not __fish_seen_subcommand_from create delete diff get history list manifests set sync wait" -f -a "list" -d 'List applications'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and not __fish_seen_subcommand_from create delete diff get history list manifests set sync wait" -f -a "manifests" -d 'Print the manifests of an application'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and not __fish_seen_subcommand_from create delete diff get history list manifests set sync wait" -f -a "set" -d 'Change settings of an application'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and not __fish_seen_subcommand_from create delete diff get history list manifests set sync wait" -f -a "sync" -d 'Sync applications to their target state'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and not __fish_seen_subcommand_from create delete diff get history list manifests set sync wait" -f -a "wait" -d 'Wait until applications are synced and healthy'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -s N -l app-namespace -d 'Namespace of the Application' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -s f -l file -d 'File with Applications, `-` for stdin' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -s l -l label -d 'Add a label, KEY=VALUE' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l annotations -d 'Add an annotation, KEY=VALUE' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l validate -d 'Check repository, path and destination first' -r -f -a "true\t''
false\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l repo -d 'Git repository URL' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l path -d 'Folder in the repository' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l revision -d 'Branch, tag, commit or semver constraint to sync to' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l dest-server -d 'API server of the destination cluster' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l dest-name -d 'Name of the destination cluster' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l dest-namespace -d 'Namespace for resources that name none' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l project -d 'Project of the application' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l revision-history-limit -d 'How many deployments to remember' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l sync-policy -d 'Start syncs by hand or automatically; an automatic policy keeps prune and self-heal' -r -f -a "manual\t''
none\t''
auto\t''
automated\t''
automatic\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l auto-prune -d 'Delete what is no longer in Git during automatic syncs' -r -f -a "true\t''
false\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l self-heal -d 'Undo changes made on the cluster' -r -f -a "true\t''
false\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l allow-empty -d 'Allow an automatic sync to zero resources' -r -f -a "true\t''
false\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l sync-option -d 'Add a sync option such as CreateNamespace=true; a leading ! removes one' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l sync-retry-limit -d 'How often to retry a failed sync; 0 removes the retry, negative is without end' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l sync-retry-backoff-duration -d 'First wait between retries' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l sync-retry-backoff-factor -d 'Growth of the wait per retry' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l sync-retry-backoff-max-duration -d 'Longest wait between retries' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l upsert -d 'Overwrite an application that exists with another spec'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l set-finalizer -d 'Add the finalizer that deletes the resources with the application'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from delete" -s N -l app-namespace -d 'Namespace of the Application' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from delete" -s f -l file -d 'Read the Application from a file (`-` for stdin) instead of the cluster' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from delete" -l cascade -d 'Delete the resources too' -r -f -a "true\t''
false\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from delete" -s p -l propagation-policy -d 'What happens to dependents of the resources' -r -f -a "foreground\t''
background\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from delete" -l timeout -d 'Give up after this many seconds; 0 waits without end' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from delete" -l wait-lock -d 'Wait this long for another run on the same application to end (for example 2m)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from delete" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from delete" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from delete" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from delete" -s y -l yes -d 'Do not ask'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from delete" -l confirm-deletion -d 'Also delete resources that ask for confirmation (Delete=confirm)'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from delete" -l wait -d 'Wait until the application is gone (tiphys waits anyway when it deletes by itself)'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from delete" -l delete-namespace -d 'Also delete the destination namespace, if tiphys created it and it is empty'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from delete" -l no-lock -d 'Go on without a lock, for users who may not write Leases'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from delete" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from delete" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from diff" -s N -l app-namespace -d 'Namespace of the Application' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from diff" -s f -l file -d 'Read the Application from a file (`-` for stdin) instead of the cluster' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from diff" -l exit-code -d 'Exit with another code than 0 when something differs' -r -f -a "true\t''
false\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from diff" -l diff-exit-code -d 'The code to exit with when something differs' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from diff" -l revision -d 'Compare with another revision' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from diff" -l local -d 'Compare with the files in a local folder, the root of a checkout' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from diff" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from diff" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from diff" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from diff" -l refresh -d 'Resolve the revision in Git again'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from diff" -l hard-refresh -d 'Resolve the revision in Git again and look in all namespaces'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from diff" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from diff" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from get" -s N -l app-namespace -d 'Namespace of the Application' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from get" -s f -l file -d 'Read the Application from a file (`-` for stdin) instead of the cluster' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from get" -s o -l output -d 'Output format' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from get" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from get" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from get" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from get" -l refresh -d 'Resolve the revision in Git again'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from get" -l hard-refresh -d 'Resolve the revision in Git again and look in all namespaces'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from get" -l show-operation -d 'Show the last operation'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from get" -l show-diff -d 'Show what differs'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from get" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from history" -s N -l app-namespace -d 'Namespace of the Application' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from history" -s f -l file -d 'Read the Application from a file (`-` for stdin) instead of the cluster' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from history" -s o -l output -d 'Output format' -r -f -a "wide\t''
id\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from history" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from history" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from history" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from history" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from history" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from list" -s l -l selector -d 'Only applications that match a label selector' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from list" -s p -l project -d 'Only applications of a project' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from list" -s r -l repo -d 'Only applications of a repository' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from list" -s c -l cluster -d 'Only applications of a cluster, by name or URL' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from list" -s P -l path -d 'Only applications of a path' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from list" -s N -l app-namespace -d 'Namespace of the Applications' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from list" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from list" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from list" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from list" -l refresh -d 'Compare every application with Git and the cluster first'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from list" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from manifests" -s N -l app-namespace -d 'Namespace of the Application' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from manifests" -s f -l file -d 'Read the Application from a file (`-` for stdin) instead of the cluster' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from manifests" -l source -d 'Rendered from Git, or as they are on the cluster' -r -f -a "git\t''
live\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from manifests" -l revision -d 'Render another revision' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from manifests" -l local -d 'Render the files in a local folder, the root of a checkout' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from manifests" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from manifests" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from manifests" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from manifests" -l show-secrets -d 'Print the values of Secrets'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from manifests" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from manifests" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from manifests" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -s N -l app-namespace -d 'Namespace of the Application' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l source-position -d 'Which source to change, counted from 1, for applications with several' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l repo -d 'Git repository URL' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l path -d 'Folder in the repository' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l revision -d 'Branch, tag, commit or semver constraint to sync to' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l dest-server -d 'API server of the destination cluster' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l dest-name -d 'Name of the destination cluster' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l dest-namespace -d 'Namespace for resources that name none' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l project -d 'Project of the application' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l revision-history-limit -d 'How many deployments to remember' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l sync-policy -d 'Start syncs by hand or automatically; an automatic policy keeps prune and self-heal' -r -f -a "manual\t''
none\t''
auto\t''
automated\t''
automatic\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l auto-prune -d 'Delete what is no longer in Git during automatic syncs' -r -f -a "true\t''
false\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l self-heal -d 'Undo changes made on the cluster' -r -f -a "true\t''
false\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l allow-empty -d 'Allow an automatic sync to zero resources' -r -f -a "true\t''
false\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l sync-option -d 'Add a sync option such as CreateNamespace=true; a leading ! removes one' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l sync-retry-limit -d 'How often to retry a failed sync; 0 removes the retry, negative is without end' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l sync-retry-backoff-duration -d 'First wait between retries' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l sync-retry-backoff-factor -d 'Growth of the wait per retry' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l sync-retry-backoff-max-duration -d 'Longest wait between retries' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -s N -l app-namespace -d 'Namespace of the Application' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -s f -l file -d 'Read the Application from a file (`-` for stdin) instead of the cluster' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -s o -l output -d 'Output format' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l revision -d 'Sync to this branch, tag or commit' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l resource -d 'Only this resource, [!]GROUP:KIND:[NAMESPACE/]NAME; a leading ! leaves one out' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l timeout -d 'Give up after this many seconds; 0 waits without end' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l retry-limit -d 'How often to retry a failed sync; replaces the application\'s own retry' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l retry-backoff-duration -d 'First wait between retries' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l retry-backoff-factor -d 'Growth of the wait per retry' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l retry-backoff-max-duration -d 'Longest wait between retries' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l scan -d 'Where to look for resources that left Git: the application\'s namespaces or the whole cluster' -r -f -a "namespaces\t''
cluster\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l wait-lock -d 'Wait this long for another run on the same application to end (for example 2m)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l prune -d 'Delete what is no longer in Git'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l prune-guarded -d 'Also delete what the prune guard holds back'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l dry-run -d 'Go through everything but change nothing'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l server-side -d 'Use server-side apply'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l apply-out-of-sync-only -d 'Apply only what is out of sync'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l wait -d 'Wait until everything is healthy too'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l direct -d 'Sync by itself where controllers are told to keep away (skip-reconcile: "true")'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l abandon -d 'Forget an interrupted operation instead of resuming it'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l no-lock -d 'Go on without a lock, for users who may not write Leases'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from sync" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from wait" -s N -l app-namespace -d 'Namespace of the Application' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from wait" -s f -l file -d 'Read the Application from a file (`-` for stdin) instead of the cluster' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from wait" -s o -l output -d 'Output format' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from wait" -l timeout -d 'Give up after this many seconds; 0 waits without end' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from wait" -l degraded-grace -d 'How long a resource may be Degraded before waiting stops' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from wait" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from wait" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from wait" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from wait" -l sync -d 'Until it is synced'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from wait" -l health -d 'Until it is healthy'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from wait" -l operation -d 'Until no operation is running'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from wait" -l suspended -d 'Until it is suspended'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from wait" -l degraded -d 'Until it is degraded'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from wait" -l delete -d 'Until it is gone'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from wait" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from wait" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand app; and __fish_seen_subcommand_from wait" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and not __fish_seen_subcommand_from create get list" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and not __fish_seen_subcommand_from create get list" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and not __fish_seen_subcommand_from create get list" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and not __fish_seen_subcommand_from create get list" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and not __fish_seen_subcommand_from create get list" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and not __fish_seen_subcommand_from create get list" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and not __fish_seen_subcommand_from create get list" -f -a "create" -d 'Create a project'
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and not __fish_seen_subcommand_from create get list" -f -a "get" -d 'Show a project'
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and not __fish_seen_subcommand_from create get list" -f -a "list" -d 'List projects'
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from create" -s f -l file -d 'File with an AppProject, `-` for stdin' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from create" -l description -d 'Free text' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from create" -s d -l dest -d 'Allow a destination, SERVER,NAMESPACE; * matches any' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from create" -s s -l src -d 'Allow a repository; * matches any' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from create" -l allow-cluster-resource -d 'Allow a cluster-scoped kind, GROUP/KIND' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from create" -l deny-namespaced-resource -d 'Deny a namespaced kind, GROUP/KIND' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from create" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from create" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from create" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from create" -l upsert -d 'Overwrite a project that exists with another spec'
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from create" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from create" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from get" -s o -l output -d 'Output format' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from get" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from get" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from get" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from get" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from get" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from list" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from list" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from list" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from list" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand proj; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and not __fish_seen_subcommand_from install initial-password" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and not __fish_seen_subcommand_from install initial-password" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and not __fish_seen_subcommand_from install initial-password" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and not __fish_seen_subcommand_from install initial-password" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and not __fish_seen_subcommand_from install initial-password" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and not __fish_seen_subcommand_from install initial-password" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and not __fish_seen_subcommand_from install initial-password" -f -a "install" -d 'Install the Application and AppProject kinds, the namespace and the default project'
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and not __fish_seen_subcommand_from install initial-password" -f -a "initial-password" -d 'Print the initial admin password of an Argo CD installation'
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and __fish_seen_subcommand_from install" -l dry-run -d 'Only print what would be installed' -r -f -a "none\t''
client\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and __fish_seen_subcommand_from install" -s o -l output -d 'Output format of a dry run' -r -f -a "yaml\t''
name\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and __fish_seen_subcommand_from install" -l namespace -d 'Namespace to install into' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and __fish_seen_subcommand_from install" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and __fish_seen_subcommand_from install" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and __fish_seen_subcommand_from install" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and __fish_seen_subcommand_from install" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and __fish_seen_subcommand_from install" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and __fish_seen_subcommand_from install" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and __fish_seen_subcommand_from initial-password" -l namespace -d 'Namespace of Argo CD' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and __fish_seen_subcommand_from initial-password" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and __fish_seen_subcommand_from initial-password" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and __fish_seen_subcommand_from initial-password" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and __fish_seen_subcommand_from initial-password" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and __fish_seen_subcommand_from initial-password" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand admin; and __fish_seen_subcommand_from initial-password" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand kustomize; and not __fish_seen_subcommand_from build" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand kustomize; and not __fish_seen_subcommand_from build" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand kustomize; and not __fish_seen_subcommand_from build" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand kustomize; and not __fish_seen_subcommand_from build" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand kustomize; and not __fish_seen_subcommand_from build" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand kustomize; and not __fish_seen_subcommand_from build" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand kustomize; and not __fish_seen_subcommand_from build" -f -a "build" -d 'Print the manifests of a kustomization, byte for byte as kustomize v5.8.2 does'
complete -c tiphys -n "__fish_tiphys_using_subcommand kustomize; and __fish_seen_subcommand_from build" -s o -l output -d 'Write to this file instead of stdout' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand kustomize; and __fish_seen_subcommand_from build" -l load-restrictor -d 'Whether files outside the folder may be loaded' -r -f -a "LoadRestrictionsRootOnly\t''
LoadRestrictionsNone\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand kustomize; and __fish_seen_subcommand_from build" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand kustomize; and __fish_seen_subcommand_from build" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand kustomize; and __fish_seen_subcommand_from build" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand kustomize; and __fish_seen_subcommand_from build" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand kustomize; and __fish_seen_subcommand_from build" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand kustomize; and __fish_seen_subcommand_from build" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand version" -s o -l output -d 'Output format' -r -f -a "wide\t''
json\t''
yaml\t''
name\t''"
complete -c tiphys -n "__fish_tiphys_using_subcommand version" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand version" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand version" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand version" -l short -d 'Print only the version number'
complete -c tiphys -n "__fish_tiphys_using_subcommand version" -l client -d 'Do not ask the cluster for its version'
complete -c tiphys -n "__fish_tiphys_using_subcommand version" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand version" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand version" -s h -l help -d 'Print help'
complete -c tiphys -n "__fish_tiphys_using_subcommand completion" -l kubeconfig -d 'Path to the kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c tiphys -n "__fish_tiphys_using_subcommand completion" -l context -d 'Context of the kubeconfig to use' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand completion" -s n -l argocd-namespace -d 'Namespace of Argo CD\'s resources (default: found in the cluster, else argocd)' -r
complete -c tiphys -n "__fish_tiphys_using_subcommand completion" -s v -l verbose -d 'Say more on stderr; repeat for more'
complete -c tiphys -n "__fish_tiphys_using_subcommand completion" -l core -d 'Accepted for argocd\'s sake: tiphys always works without a server'
complete -c tiphys -n "__fish_tiphys_using_subcommand completion" -s h -l help -d 'Print help'
