// What a new cluster holds, and how it is known to be ready.

package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// The names that tests rely on.
const (
	disposableNamespace = "kube-system"
	disposableConfigMap = "tiphys-disposable"
	limitedNamespace    = "limited-view"
	limitedUser         = "limited"
)

// cluster is the running cluster as its admin sees it.
type cluster struct {
	client *kubernetes.Clientset
}

func newCluster(p *plan) (*cluster, error) {
	client, err := kubernetes.NewForConfig(&rest.Config{
		Host:            "https://" + address(p.ports.apiserver),
		BearerToken:     p.credentials.adminToken,
		TLSClientConfig: rest.TLSClientConfig{CAData: p.credentials.authority},
		QPS:             500,
		Burst:           1000,
	})
	if err != nil {
		return nil, err
	}
	return &cluster{client: client}, nil
}

func (c *cluster) apiserverReady(ctx context.Context) error {
	_, err := c.client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
	return err
}

// defaultAccountExists says when Pods can be made in the default namespace.
func (c *cluster) defaultAccountExists(ctx context.Context) error {
	_, err := c.client.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
	return err
}

func (c *cluster) nodesReady(ctx context.Context, count int) error {
	nodes, err := c.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	ready := 0
	for _, node := range nodes.Items {
		if len(node.Spec.Taints) == 0 && isReady(&node) {
			ready++
		}
	}
	if ready < count {
		return fmt.Errorf("%d of %d nodes are ready", ready, count)
	}
	return nil
}

func isReady(node *corev1.Node) bool {
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// seed makes what a cluster holds from the start. It may be called again after
// it failed half-way.
func (c *cluster) seed(ctx context.Context, nodes int) error {
	core, rbac := c.client.CoreV1(), c.client.RbacV1()
	options := metav1.CreateOptions{}
	steps := []func() error{
		func() error {
			_, err := core.ConfigMaps(disposableNamespace).Create(ctx, disposable(), options)
			return err
		},
		func() error {
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: limitedNamespace}}
			_, err := core.Namespaces().Create(ctx, namespace, options)
			return err
		},
		func() error {
			_, err := rbac.Roles(limitedNamespace).Create(ctx, limitedRole(), options)
			return err
		},
		func() error {
			_, err := rbac.RoleBindings(limitedNamespace).Create(ctx, limitedRoleBinding(), options)
			return err
		},
		func() error {
			_, err := rbac.ClusterRoles().Create(ctx, limitedClusterRole(), options)
			return err
		},
		func() error {
			_, err := rbac.ClusterRoleBindings().Create(ctx, limitedClusterRoleBinding(), options)
			return err
		},
	}
	for number := range nodes {
		steps = append(steps, func() error {
			_, err := core.Nodes().Create(ctx, fakeNode(fmt.Sprintf("node-%d", number+1)), options)
			return err
		})
	}
	for _, step := range steps {
		if err := step(); err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	return nil
}

// disposable marks a cluster in which tests may do as they like.
func disposable() *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: disposableNamespace, Name: disposableConfigMap},
		Data:       map[string]string{"about": "a throw-away cluster: tests of tiphys may change and delete anything in it"},
	}
}

func fakeNode(name string) *corev1.Node {
	capacity := corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("64"),
		corev1.ResourceMemory:           resource.MustParse("256Gi"),
		corev1.ResourceEphemeralStorage: resource.MustParse("1Ti"),
		corev1.ResourcePods:             resource.MustParse("1000"),
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name:        name,
			Annotations: map[string]string{"kwok.x-k8s.io/node": "fake"},
			Labels: map[string]string{
				corev1.LabelHostname:   name,
				corev1.LabelOSStable:   "linux",
				corev1.LabelArchStable: "amd64",
			},
		},
		Status: corev1.NodeStatus{Capacity: capacity, Allocatable: capacity},
	}
}

// limitedRole lets its user see all but Secrets. RBAC cannot take away, so the
// rule for the core group names every other kind; a group that is not named
// here, such as a custom one, stays hidden.
func limitedRole() *rbacv1.Role {
	look := []string{"get", "list", "watch"}
	return &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Namespace: limitedNamespace, Name: limitedUser},
		Rules: []rbacv1.PolicyRule{
			{
				APIGroups: []string{""},
				Resources: []string{
					"bindings", "configmaps", "endpoints", "events", "limitranges", "persistentvolumeclaims",
					"pods", "pods/log", "pods/status", "podtemplates", "replicationcontrollers",
					"resourcequotas", "serviceaccounts", "services",
				},
				Verbs: look,
			},
			{
				APIGroups: []string{
					"apps", "autoscaling", "batch", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io",
					"networking.k8s.io", "policy", "rbac.authorization.k8s.io", "resource.k8s.io",
					"storage.k8s.io", "argoproj.io",
				},
				Resources: []string{"*"},
				Verbs:     look,
			},
		},
	}
}

func limitedClusterRole() *rbacv1.ClusterRole {
	return &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: limitedUser},
		Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{"argoproj.io"},
			Resources: []string{"applications"},
			Verbs:     []string{"get", "list"},
		}},
	}
}

func limitedRoleBinding() *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: limitedNamespace, Name: limitedUser},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: limitedUser},
		Subjects:   limitedSubjects(),
	}
}

func limitedClusterRoleBinding() *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: limitedUser},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: limitedUser},
		Subjects:   limitedSubjects(),
	}
}

func limitedSubjects() []rbacv1.Subject {
	return []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: limitedUser}}
}
