// Command schema writes src/compare/merge_keys.rs: for every kind built into Kubernetes the facts
// of its Go types that a comparison needs. Run it from this folder:
//
//	go run . > ../../../src/compare/merge_keys.rs
//
// The notation is explained at the head of the file it writes.
package main

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"sort"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	aggregation "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

// servedVersions are the versions worth a place in the table: stable ones, and the betas of groups
// that have nothing newer for some kind.
var servedVersions = regexp.MustCompile(`^(v\d+|v1beta1)$`)

// retired are groups and versions that no supported server serves any more.
var retired = map[string]bool{
	"apps/v1beta1": true, "apps/v1beta2": true, "extensions/v1beta1": true, "batch/v1beta1": true,
	"policy/v1beta1": true, "rbac.authorization.k8s.io/v1beta1": true, "events.k8s.io/v1beta1": true,
	"authentication.k8s.io/v1beta1": true, "authorization.k8s.io/v1beta1": true,
	"scheduling.k8s.io/v1beta1": true, "coordination.k8s.io/v1beta1": true, "node.k8s.io/v1beta1": true,
	"discovery.k8s.io/v1beta1": true, "flowcontrol.apiserver.k8s.io/v1beta1": true,
	"networking.k8s.io/v1beta1": true, "storage.k8s.io/v1beta1": true, "certificates.k8s.io/v1beta1": true,
	"imagepolicy.k8s.io/v1alpha1": true, "authentication.k8s.io/v1": true, "authorization.k8s.io/v1": true,
	"resource.k8s.io/v1beta1": true, "internal.apiserver.k8s.io/v1alpha1": true,
}

// mergeKey finds merge keys: the CustomResourceDefinition type carries some, which nothing obeys.
var mergeKey = regexp.MustCompile(`^\[[^\]]+\]`)

type table struct {
	names map[reflect.Type]string
	taken map[string]reflect.Type
	lines map[string]string
}

func main() {
	t := &table{map[reflect.Type]string{}, map[string]reflect.Type{}, map[string]string{}}
	var kinds []string
	for gvk, goType := range collectKinds() {
		_, hasMetadata := goType.FieldByName("ObjectMeta")
		_, isList := goType.FieldByName("ListMeta")
		if !hasMetadata || isList {
			continue
		}
		kinds = append(kinds, gvk+" "+t.fields(goType, true))
	}
	sort.Strings(kinds)
	var types []string
	for name, line := range t.lines {
		types = append(types, "@"+name+" "+line)
	}
	sort.Strings(types)
	write(append(kinds, types...))
}

func collectKinds() map[string]reflect.Type {
	kinds := map[string]reflect.Type{}
	add := func(known *runtime.Scheme, marker string) {
		for gvk, goType := range known.AllKnownTypes() {
			version := gvk.GroupVersion().String()
			if gvk.Version == "__internal" || retired[version] || !servedVersions.MatchString(gvk.Version) {
				continue
			}
			if strings.HasSuffix(gvk.Kind, "Options") || gvk.Kind == "WatchEvent" {
				continue
			}
			kinds[marker+version+"/"+gvk.Kind] = goType
		}
	}
	add(scheme.Scheme, "")
	others := runtime.NewScheme()
	must(apiextensions.AddToScheme(others))
	must(aggregation.AddToScheme(others))
	add(others, "~")
	return kinds
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// fields describes the fields of a struct that are not plain.
func (t *table) fields(goType reflect.Type, root bool) string {
	var parts []string
	for i := 0; i < goType.NumField(); i++ {
		field := goType.Field(i)
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if tag == "-" || field.Name == "TypeMeta" {
			continue
		}
		if tag == "" && field.Anonymous {
			if inner := t.fields(field.Type, false); inner != "" {
				parts = append(parts, inner)
			}
			continue
		}
		if tag == "managedFields" || root && tag == "status" {
			continue
		}
		shape := t.shape(field)
		if strings.Contains(goType.PkgPath(), "apiextensions") {
			shape = mergeKey.ReplaceAllString(shape, "[]")
		}
		if shape != "" {
			parts = append(parts, tag+"="+shape)
		}
	}
	return strings.Join(parts, " ")
}

// shape describes a field; "" when there is nothing to say about it.
func (t *table) shape(field reflect.StructField) string {
	strategy := field.Tag.Get("patchStrategy")
	retain := ""
	if strings.Contains(strategy, "retainKeys") {
		retain = "!"
	} else if strategy == "replace" {
		retain = "%"
	}
	goType := field.Type
	if strings.Contains(goType.String(), "JSONSchemaPropsOr") && retain == "" {
		return schemaUnion(t, goType)
	}
	if goType.Kind() == reflect.Slice && goType.Elem().Kind() != reflect.Uint8 {
		element := t.value(goType.Elem())
		key := field.Tag.Get("patchMergeKey")
		switch {
		case strings.Contains(strategy, "merge") && key != "":
			return "[" + key + retain + "]" + element
		case strings.Contains(strategy, "merge"):
			return "[=]"
		case element == "":
			return ""
		}
		return "[]" + element
	}
	return retain + t.value(goType)
}

// schemaUnion describes the unions of a JSON schema, which have their own JSON form.
func schemaUnion(t *table, goType reflect.Type) string {
	for goType.Kind() == reflect.Pointer {
		goType = goType.Elem()
	}
	if goType.Kind() == reflect.Map {
		return "j"
	}
	return "*@JSONSchemaProps"
}

// value describes a type; "" for scalars and for lists and maps of scalars.
func (t *table) value(goType reflect.Type) string {
	switch name := goType.String(); name {
	case "resource.Quantity", "*resource.Quantity":
		return "q"
	case "v1.Time", "*v1.Time", "v1.MicroTime", "*v1.MicroTime", "intstr.IntOrString", "v1.Duration", "*v1.Duration":
		return ""
	case "*intstr.IntOrString":
		return "*"
	case "runtime.RawExtension", "*runtime.RawExtension", "v1.JSON", "*v1.JSON", "v1.FieldsV1", "*v1.FieldsV1",
		"v1.JSONSchemaPropsOrStringArray":
		return "j"
	}
	switch goType.Kind() {
	case reflect.Pointer:
		return "*" + t.value(goType.Elem())
	case reflect.Struct:
		return "@" + t.name(goType)
	case reflect.Map:
		if element := t.value(goType.Elem()); element != "" {
			return "{}" + element
		}
	case reflect.Slice:
		if element := t.value(goType.Elem()); element != "" && goType.Elem().Kind() != reflect.Uint8 {
			return "[]" + element
		}
	}
	return ""
}

// name registers a struct type and returns its name in the table: the Go name, with the group and
// version where two groups use it for different things. Types without anything to say are `_`.
func (t *table) name(goType reflect.Type) string {
	if name, known := t.names[goType]; known {
		return name
	}
	name := goType.Name()
	path := strings.Split(goType.PkgPath(), "/")
	t.names[goType] = qualified(name, path)
	line := t.fields(goType, false)
	if line == "" && !strings.Contains(keepEmpty, " "+name+" ") {
		t.names[goType] = "_"
		return "_"
	}
	t.lines[t.names[goType]] = line
	return t.names[goType]
}

// keepEmpty are types without special fields that the table of server defaults speaks of.
const keepEmpty = " Subject ContainerPort RoleRef ObjectFieldSelector CustomResourceDefinitionNames RollingUpdateStatefulSetStrategy NamespaceSpec PodFailurePolicyOnPodConditionsPattern IngressClassParametersReference "

// qualified names types of the core, apps and meta groups bare, others with group and version.
func qualified(name string, path []string) string {
	group, version := path[len(path)-2], path[len(path)-1]
	if group == "core" || group == "apps" || group == "meta" || group == "rbac" || group == "networking" || group == "apiextensions" {
		return name
	}
	return group + version + "." + name
}

func write(lines []string) {
	fmt.Print(header)
	for _, line := range lines {
		fmt.Println(strings.TrimSpace(line))
	}
	fmt.Print("\";\n")
}

const header = `//! Facts about the Go types of Kubernetes 1.36's built-in kinds. Generated by tests/oracle/schema
//! from k8s.io/api v0.36.3; do not edit.
//!
//! A line holds a kind (` + "`group/version/Kind`" + `, after ` + "`~`" + ` when the API server
//! applies no strategic merge to it on behalf of kubectl) or a type (after ` + "`@`" + `), then those
//! of its fields that are more than a scalar, a list of scalars or a map of scalars:
//! ` + "`*`" + ` a pointer: the zero value counts; ` + "`@T`" + ` a struct (` + "`@_`" + `: one of plain fields);
//! ` + "`q`" + ` a quantity; ` + "`j`" + ` any JSON; ` + "`{}X`" + ` a map; ` + "`[]X`" + ` a list replaced as a whole;
//! ` + "`[key]X`" + ` a list merged by key; ` + "`[=]`" + ` a set of scalars; ` + "`!`" + ` keys that are not sent are
//! dropped; ` + "`%`" + ` a struct replaced as a whole.

/// The lines described above.
pub(super) const LINES: &str = "\
`
